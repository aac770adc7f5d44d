import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "../utils/files.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";

/** One file of the bundle. */
export interface BundleFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Whether the file gets the executable permission. */
  readonly executable: boolean;
}

/**
 * Each entry point is bundled into one file, with bytecode, that loads no other before it has answered. cli.ts chooses one: all that
 * it imports dynamically are entry points too, each loaded from its own file.
 */
const ENTRY_POINTS = ["src/statusline.ts", "src/install/previous/chain.ts"];
const CHOOSER = "src/cli.ts";

/** Writes the bundle of the checkout at `root`, and `more` files, to `outdir`; removes all other files there. Throws internal. */
export async function bundle(outdir: string, root: string, more: readonly BundleFile[] = []): Promise<void> {
  const made = [...(await bundleFiles(root)), ...more];
  mkdirSync(outdir, { recursive: true });
  for (const { name, content, executable } of made) {
    replaceFile(join(outdir, name), content, executable ? 0o755 : 0o644);
  }
  const names = new Set(made.map((piece) => piece.name));
  for (const name of readdirSync(outdir)) if (!names.has(name)) rmSync(join(outdir, name), { recursive: true });
}

/** Returns the bundle of the checkout at `root`, in the order in which to install the files: entry points last. Throws internal. */
export async function bundleFiles(root: string): Promise<BundleFile[]> {
  const chooser = join(root, CHOOSER);
  const chosen = new Set<string>();
  await buildAlone(chooser, new Map(), {}, chosen);
  const later = new Map<string, BundleFile>();
  const entries: BundleFile[] = [];
  for (const entry of new Set([...ENTRY_POINTS.map((path) => join(root, path)), ...[...chosen].toSorted()])) {
    await addDynamicImports(entry, later, []);
    entries.push(...(await entryFiles(entry, later)));
  }
  const named = new Map([...chosen].map((entry) => [entry, { name: `${nameOf(entry)}.js` }]));
  return [...later.values(), ...entries, ...(await entryFiles(chooser, named))];
}

const nameOf = (path: string): string => basename(path).replace(/\.\w+$/, "");

/** Builds one file and its bytecode, which makes start-up a fifth faster. Another Bun version, or a changed file, ignores the bytecode. */
const ENTRY_BUILD = { bytecode: true, format: "cjs" } as const;

/** The bytecode of an entry point, then the entry point. */
async function entryFiles(entry: string, later: Later): Promise<BundleFile[]> {
  const name = nameOf(entry);
  const { outputs } = await buildAlone(entry, later, ENTRY_BUILD);
  const code = outputs.find(({ kind }) => kind === "entry-point");
  const bytes = outputs.find(({ kind }) => kind === "bytecode");
  if (!code || !bytes) throw failed(`${name} produced no code`);
  return [
    { name: `${name}.js.jsc`, content: new Uint8Array(await bytes.arrayBuffer()), executable: false },
    { name: `${name}.js`, content: await code.text(), executable: name === "cli" },
  ];
}

/**
 * Bundles each dynamic import of a file of ours into a separate file, named after its content. Code that both need is
 * duplicated, because a shared file would have to be loaded before the line can be shown; so each has its own classes.
 */
async function addDynamicImports(
  entry: string,
  later: Map<string, BundleFile>,
  importers: readonly string[],
): Promise<void> {
  if (importers.includes(entry)) throw failed(`${entry} dynamically imports itself`);
  const targets = new Set<string>();
  await buildAlone(entry, later, {}, targets);
  for (const target of [...targets].toSorted()) {
    if (later.has(target)) continue;
    await addDynamicImports(target, later, [...importers, entry]);
    const content = (await (await buildAlone(target, later)).outputs[0]?.text()) ?? "";
    const hash = Bun.hash(content).toString(36).padStart(13, "0").slice(0, 8);
    const name = `${nameOf(target)}-${hash}.js`;
    later.set(target, { name, content, executable: false });
  }
}

/** The names of the files that are loaded dynamically, by the path of their source. */
type Later = ReadonlyMap<string, Pick<BundleFile, "name">>;

/** Builds one file with its dynamic imports mapped to the files in `later`; adds their paths to `targets`. */
function buildAlone(
  entry: string,
  later: Later,
  options: Partial<Bun.BuildConfig> = {},
  targets: Set<string> = new Set(),
): Promise<Bun.BuildOutput> {
  const plugin: Bun.BunPlugin = {
    name: "later",
    setup(builder) {
      builder.onResolve({ filter: /./ }, ({ kind, path, importer }) => {
        if (kind !== "dynamic-import" || !path.startsWith(".")) return undefined;
        const target = Bun.resolveSync(path, dirname(importer));
        targets.add(target);
        return { path: `./${later.get(target)?.name ?? "unknown.js"}`, external: true };
      });
    },
  };
  return build({ entrypoints: [entry], plugins: [plugin], ...options });
}

/** Bundles one entry point into memory. Throws internal. */
export async function build(options: Partial<Bun.BuildConfig> & { entrypoints: string[] }): Promise<Bun.BuildOutput> {
  try {
    return await Bun.build({ target: "bun", minify: true, ...options });
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map((one) => messageOf(one)) : [messageOf(error)];
    throw failed(reasons.slice(0, 5).join("; "), error);
  }
}

const THIS_PLATFORM = "bun";

/**
 * Compiles the whole program into one executable; `entry` is src/cli.ts or the bundle's cli.js, `target` the platform if it is
 * not this one. The executable does not load the .env, bunfig.toml, package.json or tsconfig.json of the folder it is started
 * in. Throws internal.
 */
export async function compile(outfile: string, entry: string, target = THIS_PLATFORM): Promise<void> {
  const autoload = ["dotenv", "bunfig", "package-json", "tsconfig"].map((what) => `--no-compile-autoload-${what}`);
  const shape = ["--bytecode", "--format=esm", "--splitting", "--minify", `--target=${target}`];
  const flags = ["--compile", ...shape, ...autoload, `--outfile=${outfile}`];
  const parts = `${outfile}.parts`;
  const opened = copyInstalled(entry, parts);
  const compiler = Bun.spawn([process.execPath, "build", ...flags, opened ?? entry], {
    cwd: dirname(outfile),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const messages = await compiler.stderr.text();
  rmSync(parts, { recursive: true, force: true });
  if ((await compiler.exited) !== 0 || !existsSync(outfile)) {
    throw failed(messages.trim().split("\n").slice(-5).join("; ") || `bun build exited with ${compiler.exitCode}`);
  }
  chmodSync(outfile, 0o700);
  if (target !== THIS_PLATFORM) return;
  // Bun reports success even if it could not make the bytecode, and then the executable does not start.
  const started = Bun.spawn([outfile, "--version"], { stdio: ["ignore", "ignore", "ignore"], timeout: 10_000 });
  if ((await started.exited) !== 0) throw failed(`the executable does not start: ${messages.trim().slice(-200)}`);
}

/** The beginning of an entry point with bytecode. Bun calls this function when it runs the file; the compiler does not. */
const WRAPPER = "(function(exports, require, module, __filename, __dirname) {";

/** Copies a bundle to a directory, with wrapper functions called explicitly. Returns null and copies nothing if the entry has no wrapper. */
function copyInstalled(entryFile: string, directory: string): string | null {
  if (withoutWrapper(entryFile) === null) return null;
  cpSync(dirname(entryFile), directory, { recursive: true });
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".js"))) {
    const opened = withoutWrapper(join(directory, name));
    if (opened !== null) writeFileSync(join(directory, name), opened);
  }
  return join(directory, basename(entryFile));
}

/** Returns the code of a file with an explicit call of its wrapper function, or null if it has none. */
function withoutWrapper(path: string): string | null {
  const code = readFileSync(path, "utf8");
  const start = code.slice(0, 1_000).indexOf(WRAPPER);
  return start < 0 ? null : `${code.slice(start).trimEnd()}(exports, require, module, __filename, __dirname);`;
}

/** Whether `root` is a checkout with sources and dependencies to build from, not an installed package. */
export function isCheckout(root: string): boolean {
  return existsSync(join(root, "src/cli.ts")) && !/[\\/]node_modules([\\/]|$)/.test(root);
}

function failed(why: string, cause?: unknown): PawprintError {
  return new PawprintError("internal", `the program could not be built: ${why}`, "run: bun install", cause);
}
