import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { environment } from "../../../src/utils/config.ts";
import { cacheFolder } from "../e2e/claude.ts";

/** The other statuslines with their pinned versions; nothing else is installed. */
const PINNED = {
  "@cometix/ccline": "1.1.2",
  ccstatusline: "2.2.30",
  ccusage: "20.0.24",
} as const;

type PeerName = keyof typeof PINNED;

/** Another statusline and its command. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

const NATIVE = `${platform()}-${process.arch}`;

function installedVersion(folder: string, name: string): string | null {
  const path = join(folder, "node_modules", name, "package.json");
  if (!existsSync(path)) return null;
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** Installs the peers with npm if they are missing or have another version. Their install scripts do not run. */
export function fetchPeers(): string {
  const folder = join(cacheFolder(), "peers");
  if (Object.entries(PINNED).every(([name, version]) => installedVersion(folder, name) === version)) return folder;
  console.error(`bench: fetching ${Object.keys(PINNED).join(", ")} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: PINNED }));
  const npm = Bun.which("npm");
  if (npm === null) throw new Error("the peers are fetched with npm, which is not on PATH");
  const done = Bun.spawnSync([npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdout: "ignore",
    stderr: "inherit",
  });
  if (!done.success) throw new Error(`npm install in ${folder} ended with ${done.exitCode}`);
  return folder;
}

/** Returns the first file that runs here: npm packages contain programs for several C libraries. */
function firstThatRuns(name: PeerName, paths: readonly string[]): string {
  for (const path of paths.filter((one) => existsSync(one))) {
    chmodSync(path, 0o755);
    if (Bun.spawnSync([path, "--version"], { stdout: "ignore", stderr: "ignore" }).success) return path;
  }
  throw new Error(`${name} ${PINNED[name]} has no program that runs on ${NATIVE}`);
}

function command(name: PeerName, folder: string): string[] {
  const modules = join(folder, "node_modules");
  switch (name) {
    case "@cometix/ccline": {
      const packages = [`ccline-${NATIVE}`, `ccline-${NATIVE}-musl`];
      const paths = packages.map((one) => join(modules, "@cometix", one, "ccline"));
      return [firstThatRuns(name, paths)];
    }
    case "ccstatusline": {
      const node = Bun.which("node");
      if (node === null) throw new Error("ccstatusline runs on node, which is not on PATH");
      return [node, join(modules, "ccstatusline", "dist", "ccstatusline.js")];
    }
    case "ccusage":
      return [firstThatRuns(name, [join(modules, "@ccusage", `ccusage-${NATIVE}`, "bin", "ccusage")]), "statusline"];
  }
}

/** The commands of the peers that can run here, and why the others cannot. */
export function peers(folder: string): { readonly ready: Peer[]; readonly missing: string[] } {
  const ready: Peer[] = [];
  const missing: string[] = [];
  for (const name of Object.keys(PINNED) as PeerName[]) {
    try {
      const label = `${name.replace(/^@.*\//, "")} ${PINNED[name]}`;
      ready.push({ name: label, command: command(name, folder) });
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { ready, missing };
}

/** The real Claude Code: PAWPRINT_CLAUDE, or the one that the end-to-end test has installed; null if there is none. */
export function realClaude(): string | null {
  const fetched = join(cacheFolder(), "claude", "node_modules", "@anthropic-ai", `claude-code-${NATIVE}`, "claude");
  const path = environment()["PAWPRINT_CLAUDE"] || fetched;
  return existsSync(path) ? path : null;
}
