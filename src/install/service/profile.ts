import { existsSync } from "node:fs";
import type { Environment } from "../../utils/config.ts";

/** The files that a login bash reads, of which it takes the first that exists. */
const BASH = [".bash_profile", ".bash_login", ".profile"];

/** Every file that profileOf may name. */
export const profiles = ({ env, places: { home } }: ProfilePlace): string[] => [
  ...BASH.map((name) => `${home}/${name}`),
  zshProfile({ env, places: { home } }),
];

/** What the place of a profile depends on. */
interface ProfilePlace {
  readonly env: Environment;
  readonly places: { readonly home: string };
}

const zshProfile = ({ env, places: { home } }: ProfilePlace): string =>
  `${env["ZDOTDIR"]?.startsWith("/") ? env["ZDOTDIR"] : home}/.zprofile`;

/**
 * The file that the user's shell reads at login, and that understands the syntax of sh; null for a shell that has none, such
 * as fish. https://zsh.sourceforge.io/Doc/Release/Files.html
 */
export function profileOf({ env, places: { home } }: ProfilePlace): string | null {
  const shell = env["SHELL"]?.split("/").at(-1) ?? "sh";
  if (shell === "bash") return `${home}/${BASH.find((name) => existsSync(`${home}/${name}`)) ?? ".profile"}`;
  if (shell === "zsh") return zshProfile({ env, places: { home } });
  return /^(?:sh|dash|ash|ksh|mksh)$/.test(shell) ? `${home}/.profile` : null;
}
