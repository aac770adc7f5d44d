import { readSmall } from "../utils/small-files.ts";

/** The system that a path is to be opened on. */
export interface Host {
  readonly isWindows: boolean;
  /** Name of the distribution under WSL (WSL_DISTRO_NAME); null where it is not known. */
  readonly distribution: string | null;
  /** Where WSL puts the drives of Windows; null for where /etc/wsl.conf says, else /mnt. */
  readonly drives: string | null;
}

const DRIVE = /^([A-Za-z]):[\\/](.*)$/s;
const OF_WSL = /^[\\/]{2}wsl(?:\.localhost|\$)[\\/]([^\\/]+)[\\/](.*)$/is;

/**
 * A path that git wrote into a .git file, as it is called on this host: Windows and WSL each see the other's files under
 * other names. A relative path is one below `top`. Null where the host cannot see the file.
 * Names: https://learn.microsoft.com/windows/wsl/filesystems, https://learn.microsoft.com/windows/wsl/wsl-config.
 */
export async function pathOn(host: Host, path: string, top: string): Promise<string | null> {
  const [, drive, below = ""] = DRIVE.exec(path) ?? [];
  if (host.isWindows) return onWindows(path, top);
  if (drive !== undefined) {
    return `${host.drives ?? (await automountRoot())}/${drive.toLowerCase()}/${below.replaceAll("\\", "/")}`;
  }
  const [, distribution, inside = ""] = OF_WSL.exec(path) ?? [];
  if (distribution === undefined) return path.startsWith("/") ? path : `${top}/${path}`;
  const isOurs = host.distribution === null || host.distribution.toLowerCase() === distribution.toLowerCase();
  return isOurs ? `/${inside.replaceAll("\\", "/")}` : null;
}

function onWindows(path: string, top: string): string {
  if (DRIVE.test(path) || OF_WSL.test(path)) return path.replaceAll("\\", "/");
  const [, drive, below = ""] = /^\/mnt\/([a-z])\/(.*)$/s.exec(path) ?? [];
  if (drive !== undefined) return `${drive.toUpperCase()}:/${below}`;
  if (!path.startsWith("/")) return `${top}/${path}`;
  const share = /^\/\/wsl(?:\.localhost|\$)\/[^/]+/i.exec(top)?.[0];
  return path.startsWith("//") || share === undefined ? path : share + path;
}

/** Where WSL mounts drives: `root` in the section [automount] of /etc/wsl.conf, else /mnt. */
async function automountRoot(): Promise<string> {
  const text = (await readSmall("/etc/wsl.conf", 16_384)) ?? "";
  const section = /^[ \t]*\[automount\]([^[]*)/im.exec(text)?.[1] ?? "";
  const root = /^[ \t]*root[ \t]*=[ \t]*"?([^"\r\n#]*)/im.exec(section)?.[1]?.trim() ?? "";
  return root.startsWith("/") ? root.replace(/\/+$/, "") : "/mnt";
}
