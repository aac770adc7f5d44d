import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./world.ts";

/** What a clean root has beside Node and npm: a shell for npm, and what the script that starts the real `claude` uses. */
const PROGRAMS = ["sh", "bash", "env", "mv", "sed", "tr"];
const HOST = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };
/** Where the dynamic linker looks. */
const LIBRARY = /(?:=> )?(\/\S+) \(0x/g;

/** Returns a command that runs another one, given by its words, in a clean root, with `cwd` as its working directory. */
export type InCleanRoot = (words: readonly string[], cwd: string) => string[];

/**
 * Makes a root directory at `path` with Node, npm, a shell and what they load, or a copy of the one that PAWPRINT_ROOT names, such
 * as an unpacked Debian base with Node. The folder `shared` has the same path in it. Returns the reason, as a text, if this
 * machine cannot make it or run programs in it.
 */
export async function makeCleanRoot(path: string, shared: string): Promise<InCleanRoot | string> {
  const [unshare, mount, chroot] = ["unshare", "mount", "chroot"].map((name) => Bun.which(name, HOST));
  if (!unshare || !mount || !chroot) return "it needs Linux with unshare, mount and chroot";
  for (const folder of ["proc", "dev", "etc", "tmp", shared]) mkdirSync(join(path, folder), { recursive: true });
  const given = Bun.env["PAWPRINT_ROOT"];
  if (given) await run(["cp", "-ax", `${given}/.`, path], HOST);
  else await copyPrograms(path);
  // The mounts are seen in there alone, and end with the last process. A user other than root is root in there.
  const mounts = ["/proc", "/dev", shared].map((folder) => `'${mount}' --rbind '${folder}' '${join(path, folder)}'`);
  const enter = `${mounts.join(" && ")} && exec '${chroot}' '${path}' /bin/sh -c 'cd "$0" && exec "$@"' "$@"`;
  const inRoot: InCleanRoot = (words, cwd) => [
    unshare,
    "--map-root-user",
    "--mount",
    "/bin/sh",
    "-c",
    enter,
    "sh",
    cwd,
    ...words,
  ];
  const tried = await run(inRoot(["npm", "--version"], "/"), HOST);
  return tried.code === 0 ? inRoot : `npm does not run in one: ${tried.err.trim().slice(-300)}`;
}

/** Copies a program to a path in a root, with the libraries that it loads and are not there yet. */
export async function copyProgram(program: string, root: string, to: string): Promise<void> {
  const loaded = await run(["ldd", program], HOST);
  const libraries = [...loaded.out.matchAll(LIBRARY)].map(([, library = ""]) => [library, library]);
  for (const [from = "", path = ""] of [[program, to], ...libraries]) {
    const target = join(root, path);
    if (!existsSync(target)) cpSync(realpathSync(from), target, { recursive: true });
  }
}

/** Copies Node, npm and the shell. */
async function copyPrograms(root: string): Promise<void> {
  for (const name of ["node", ...PROGRAMS]) await copyProgram(Bun.which(name) ?? "", root, `usr/bin/${name}`);
  symlinkSync("usr/bin", join(root, "bin"));
  const npm = dirname(dirname(realpathSync(Bun.which("npm") ?? "")));
  cpSync(npm, join(root, "usr/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, "usr/bin", name));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
}
