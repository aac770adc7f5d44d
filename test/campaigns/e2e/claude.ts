import { existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";

/** The versions of Claude Code that the end-to-end test runs, one after the other (373 and 402 MB). */
const PINNED = ["2.1.328", "2.1.332"] as const;

/** The newest tested version. */
export const CLAUDE_VERSION = PINNED[1];

/** The versions to run: those in PAWPRINT_CLAUDE_VERSIONS (separated by commas), otherwise the pinned ones. */
export function claudeVersions(): readonly string[] {
  const given = (Bun.env["PAWPRINT_CLAUDE_VERSIONS"] ?? "").split(",").map((version) => version.trim());
  const valid = given.filter((version) => /^\d+\.\d+\.\d+$/.test(version));
  return valid.length > 0 ? valid : PINNED;
}

const repository = resolve(import.meta.dir, "../../..");

/** The folder for programs downloaded for tests, kept between runs: PAWPRINT_CACHE, otherwise .cache in the checkout. */
export function cacheFolder(): string {
  return resolve(Bun.env["PAWPRINT_CACHE"] || `${repository}/.cache`);
}

/** Packages that may contain the program for this machine, with Node's names of platforms and processors. */
function packages(): string[] {
  const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
  return process.platform === "linux" ? [name, `${name}-musl`] : [name];
}

/** Returns the program in a package folder if it exists, has the wanted version and runs; otherwise null. */
function programIn(folder: string, version: string): string | null {
  for (const name of packages()) {
    const program = `${folder}/node_modules/${name}/${process.platform === "win32" ? "claude.exe" : "claude"}`;
    if (!existsSync(program)) continue;
    const run = Bun.spawnSync([program, "--version"], { stdin: "ignore", stderr: "ignore", timeout: 30_000 });
    if (run.success && run.stdout.toString().startsWith(`${version} `)) return program;
  }
  return null;
}

/** Returns the path of the real `claude` of a version, downloaded with npm unless cached. Throws if that fails. */
export async function fetchClaude(say: (line: string) => void, version: string = CLAUDE_VERSION): Promise<string> {
  const folder = `${cacheFolder()}/claude-${version}`;
  const known = programIn(folder, version) ?? programIn(`${cacheFolder()}/claude`, version);
  if (known) return known;
  const npm = Bun.which("npm");
  if (!npm) throw new Error("npm is not on PATH; it is needed once to download Claude Code into the cache");
  say(`downloading @anthropic-ai/claude-code ${version} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  const spec = `@anthropic-ai/claude-code@${version}`;
  const child = Bun.spawn([npm, "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", spec], {
    cwd: folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: 240_000,
  });
  const [errors, status] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  const program = programIn(folder, version);
  if (!program) throw new Error(`npm install ended with ${status} and left no working program: ${errors.slice(-600)}`);
  return program;
}
