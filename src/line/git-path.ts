import { readSmall } from "../utils/small-files.ts";

/** The system that opens the path. */
export interface Host {
  readonly isWindows: boolean;
  /** Name of the WSL distribution (WSL_DISTRO_NAME); null if unknown. */
  readonly distribution: string | null;
  /** Where WSL mounts Windows drives; null means as in /etc/wsl.conf, else /mnt. */
  readonly drives: string | null;
}

const DRIVE = /^([A-Za-z]):[\\/](.*)$/s;
const WSL_SHARE = /^[\\/]{2}wsl(?:\.localhost|\$)[\\/]([^\\/]+)[\\/](.*)$/is;

/**
 * Translates a path from a .git file to this host, because Windows and WSL name each other's files differently. A relative
 * path is resolved against `top`. Returns null when the host cannot access the file.
 * Names: https://learn.microsoft.com/windows/wsl/filesystems, https://learn.microsoft.com/windows/wsl/wsl-config.
 */
export async function pathOn(host: Host, path: string, top: string): Promise<string | null> {
  const [, drive, below = ""] = DRIVE.exec(path) ?? [];
  if (host.isWindows) return windowsPath(path, top);
  if (drive !== undefined) {
    return `${host.drives ?? (await automountRoot())}/${drive.toLowerCase()}/${below.replaceAll("\\", "/")}`;
  }
  const [, distribution, inside = ""] = WSL_SHARE.exec(path) ?? [];
  if (distribution === undefined) return path.startsWith("/") ? path : `${top}/${path}`;
  const isSameDistribution =
    host.distribution === null || host.distribution.toLowerCase() === distribution.toLowerCase();
  return isSameDistribution ? `/${inside.replaceAll("\\", "/")}` : null;
}

function windowsPath(path: string, top: string): string {
  if (DRIVE.test(path) || WSL_SHARE.test(path)) return path.replaceAll("\\", "/");
  const [, drive, below = ""] = /^\/mnt\/([a-z])\/(.*)$/s.exec(path) ?? [];
  if (drive !== undefined) return `${drive.toUpperCase()}:/${below}`;
  if (!path.startsWith("/")) return `${top}/${path}`;
  const share = /^\/\/wsl(?:\.localhost|\$)\/[^/]+/i.exec(top)?.[0];
  return path.startsWith("//") || share === undefined ? path : share + path;
}

/** Returns where WSL mounts drives: `root` in section [automount] of /etc/wsl.conf, else /mnt. */
async function automountRoot(): Promise<string> {
  const text = (await readSmall("/etc/wsl.conf", 16_384)) ?? "";
  const section = /^[ \t]*\[automount\]([^[]*)/im.exec(text)?.[1] ?? "";
  const root = /^[ \t]*root[ \t]*=[ \t]*"?([^"\r\n#]*)/im.exec(section)?.[1]?.trim() ?? "";
  return root.startsWith("/") ? root.replace(/\/+$/, "") : "/mnt";
}
