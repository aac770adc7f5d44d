import type { Environment } from "../../utils/config.ts";

/** How long a program that opens a browser may take to fail, milliseconds; one that goes on longer is the browser itself. */
const FAILS_WITHIN_MS = 3_000;

/**
 * The programs that open an address in the user's browser, the best first, each with the arguments before the address. Linux without a
 * display has none: what opens there would be a browser in this terminal.
 */
export function openersFor(platform: NodeJS.Platform, env: Environment): readonly (readonly string[])[] {
  // Not `cmd /c start`: a shell would read the address.
  if (platform === "win32") return [["rundll32", "url.dll,FileProtocolHandler"]];
  if (platform === "darwin") return [["open"]];
  if (env["WSL_DISTRO_NAME"] !== undefined) return [["wslview"], ["xdg-open"]];
  const hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].some((name) => Boolean(env[name]));
  return hasDisplay ? [["xdg-open"]] : [];
}

/** Opens an address in the user's browser, which goes on when this program ends. Returns false if nothing here can. */
export async function openBrowser(url: string, env: Environment, platform = process.platform): Promise<boolean> {
  for (const [name = "", ...args] of openersFor(platform, env)) {
    const program = Bun.which(name, { PATH: env["PATH"] ?? "" });
    if (program !== null && (await hasOpened([program, ...args, url], env))) return true;
  }
  return false;
}

async function hasOpened(command: string[], env: Environment): Promise<boolean> {
  try {
    const child = Bun.spawn(command, { detached: true, env: { ...env }, stdio: ["ignore", "ignore", "ignore"] });
    child.unref();
    const overdue = Bun.sleep(FAILS_WITHIN_MS).then(() => 0);
    return (await Promise.race([child.exited, overdue])) === 0;
  } catch {
    return false;
  }
}
