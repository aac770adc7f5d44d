import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "../utils/files.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";

/** One file of the bundle: its name, and whether it is started by its own name. */
export interface Piece {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly executable: boolean;
}

/** The doors: each is one file that loads no other before it has answered, the last one at least what a report answers. */
const ENTRY_POINTS = ["src/statusline.ts", "src/install/previous/chain.ts", "src/cli.ts"];
/** It only chooses a door: what is a file of its own is loaded from there, and everything else stands in the chooser's file. */
const CHOOSER = /[\\/]src[\\/]cli\.ts$/;

/** Bundles the checkout at `root` into `outdir` and removes what is left there of earlier bundles. Throws internal. */
export async function bundle(outdir: string, root: string): Promise<void> {
  const made = await pieces(root);
  mkdirSync(outdir, { recursive: true });
  for (const { name, content, executable } of made) {
    replaceFile(join(outdir, name), content, executable ? 0o755 : 0o644);
  }
  const names = new Set(made.map((piece) => piece.name));
  for (const name of readdirSync(outdir)) if (!names.has(name)) rmSync(join(outdir, name), { recursive: true });
}

/** The bundle of the checkout at `root`, in the order in which the files may be put in place: doors last. Throws internal. */
export async function pieces(root: string): Promise<Piece[]> {
  const later = new Map<string, Piece>();
  const doors: Piece[] = [];
  for (const path of ENTRY_POINTS) {
    const entry = join(root, path);
    await addLater(entry, later, []);
    doors.push(...(await entryPieces(basename(entry, ".ts"), await buildAlone(entry, later, FAST))));
  }
  return [...later.values(), ...doors];
}

/** One file, with its bytecode beside it: a Bun of another version or a changed file passes that over, any other starts a fifth faster by it. */
const FAST = { bytecode: true, format: "cjs" } as const;

/** A door and, before it, its bytecode. */
async function entryPieces(name: string, { outputs }: Bun.BuildOutput): Promise<Piece[]> {
  const code = outputs.find(({ kind }) => kind === "entry-point");
  const bytes = outputs.find(({ kind }) => kind === "bytecode");
  if (!code || !bytes) throw failed(`${name} gave no code`);
  return [
    { name: `${name}.js.jsc`, content: new Uint8Array(await bytes.arrayBuffer()), executable: false },
    { name: `${name}.js`, content: await code.text(), executable: name === "cli" },
  ];
}

/**
 * What a file of ours imports later, not at once, becomes a file of its own, named after its content, which repeats what both
 * need: a shared file would have to be loaded before the line can be shown. So each has classes of its own.
 */
async function addLater(entry: string, later: Map<string, Piece>, importers: readonly string[]): Promise<void> {
  if (importers.includes(entry)) throw failed(`${entry} imports itself later`);
  const targets = new Set<string>();
  await buildAlone(entry, later, {}, targets);
  for (const target of [...targets].toSorted()) {
    if (later.has(target)) continue;
    await addLater(target, later, [...importers, entry]);
    const content = (await (await buildAlone(target, later)).outputs[0]?.text()) ?? "";
    const hash = Bun.hash(content).toString(36).padStart(13, "0").slice(0, 8);
    const name = `${basename(target).replace(/\.\w+$/, "")}-${hash}.js`;
    later.set(target, { name, content, executable: false });
  }
}

/** Builds one file whose later imports are the files known for them, and tells which they are. */
function buildAlone(
  entry: string,
  later: ReadonlyMap<string, Piece>,
  options: Partial<Bun.BuildConfig> = {},
  targets: Set<string> = new Set(),
): Promise<Bun.BuildOutput> {
  const plugin: Bun.BunPlugin = {
    name: "later",
    setup(builder) {
      builder.onResolve({ filter: /./ }, ({ kind, path, importer }) => {
        if (kind !== "dynamic-import" || !path.startsWith(".")) return undefined;
        const target = Bun.resolveSync(path, dirname(importer));
        if (CHOOSER.test(importer)) {
          const isDoor = ENTRY_POINTS.some((entryFile) => target === join(dirname(dirname(importer)), entryFile));
          return isDoor ? { path: `./${basename(target, ".ts")}.js`, external: true } : undefined;
        }
        targets.add(target);
        return { path: `./${later.get(target)?.name ?? "unknown.js"}`, external: true };
      });
    },
  };
  return build({ entrypoints: [entry], plugins: [plugin], ...options });
}

async function build(options: Partial<Bun.BuildConfig> & { entrypoints: string[] }): Promise<Bun.BuildOutput> {
  try {
    return await Bun.build({ target: "bun", minify: true, ...options });
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map((one) => messageOf(one)) : [messageOf(error)];
    throw failed(reasons.slice(0, 5).join("; "), error);
  }
}

/**
 * Makes one executable of the whole program, whose entry is src/cli.ts or the bundle's cli.js. It loads neither the
 * .env, bunfig.toml, package.json nor tsconfig.json of the folder it is started in. Throws internal.
 */
export async function compile(outfile: string, entry: string): Promise<void> {
  const autoload = ["dotenv", "bunfig", "package-json", "tsconfig"].map((what) => `--no-compile-autoload-${what}`);
  const shape = ["--bytecode", "--format=esm", "--splitting", "--minify", "--target=bun"];
  const flags = ["--compile", ...shape, ...autoload, `--outfile=${outfile}`];
  const parts = `${outfile}.parts`;
  const opened = copyInstalled(entry, parts);
  const compiler = Bun.spawn([process.execPath, "build", ...flags, opened ?? entry], {
    cwd: dirname(outfile),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = await compiler.stderr.text();
  rmSync(parts, { recursive: true, force: true });
  if ((await compiler.exited) !== 0 || !existsSync(outfile)) {
    throw failed(said.trim().split("\n").slice(-5).join("; ") || `bun build exited with ${compiler.exitCode}`);
  }
  chmodSync(outfile, 0o700);
  // It reports success also where it could not make the bytecode, and then the executable does not start.
  const started = Bun.spawn([outfile, "--version"], { stdio: ["ignore", "ignore", "ignore"], timeout: 10_000 });
  if ((await started.exited) !== 0) throw failed(`the executable does not start: ${said.trim().slice(-200)}`);
}

/** How a door begins that has bytecode: Bun calls that function when it runs the file, the compiler does not. */
const WRAPPER = "(function(exports, require, module, __filename, __dirname) {";

/** Copies a bundle to a directory, its doors as files that call their functions themselves; null, and nothing is copied, where its door has none. */
function copyInstalled(entryFile: string, directory: string): string | null {
  if (openedOf(entryFile) === null) return null;
  cpSync(dirname(entryFile), directory, { recursive: true });
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".js"))) {
    const opened = openedOf(join(directory, name));
    if (opened !== null) writeFileSync(join(directory, name), opened);
  }
  return join(directory, basename(entryFile));
}

/** The code of a file, which calls its function itself; null where it has none. */
function openedOf(path: string): string | null {
  const code = readFileSync(path, "utf8");
  const start = code.slice(0, 1_000).indexOf(WRAPPER);
  return start < 0 ? null : `${code.slice(start).trimEnd()}(exports, require, module, __filename, __dirname);`;
}

/** Whether the sources stand at `root`, with what they need, to be built from: a checkout and not an installed package. */
export function isCheckout(root: string): boolean {
  return existsSync(join(root, "src/cli.ts")) && !/[\\/]node_modules([\\/]|$)/.test(root);
}

function failed(why: string, cause?: unknown): PawprintError {
  return new PawprintError("internal", `the program could not be built: ${why}`, "run: bun install", cause);
}

// Not import.meta.main, which is true of whatever door this file was bundled into.
if (/[\\/]src[\\/]setup[\\/]bundle\.ts$/.test(Bun.main)) {
  const root = dirname(dirname(import.meta.dir));
  bundle(join(root, "dist"), root).catch((error: unknown) => {
    console.error(`pawprint: ${messageOf(error)}`);
    process.exit(1);
  });
}
