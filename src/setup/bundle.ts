import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "../utils/files.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";

/** One file of the bundle: its name, and whether it is started by its own name. */
export interface Piece {
  readonly name: string;
  readonly text: string;
  readonly executable: boolean;
}

/** The doors that run at a refresh: each is one file that imports no other before it has answered. */
const HOT = ["src/statusline.ts", "src/setup/chain.ts"];

/** Bundles the checkout at `root` into `outdir` and removes what is left there of earlier bundles. Throws internal. */
export async function bundle(outdir: string, root: string): Promise<void> {
  const made = await pieces(root);
  mkdirSync(outdir, { recursive: true });
  for (const piece of made) {
    replaceFile(join(outdir, piece.name), piece.text, piece.executable ? 0o755 : 0o644);
  }
  const names = new Set(made.map((piece) => piece.name));
  for (const name of readdirSync(outdir)) if (!names.has(name)) rmSync(join(outdir, name), { recursive: true });
}

/** The bundle of the checkout at `root`, in the order in which the files may be put in place: doors last. Throws internal. */
export async function pieces(root: string): Promise<Piece[]> {
  const lazy = new Map<string, Piece>();
  const doors: Piece[] = [];
  for (const entry of HOT) {
    const name = `${basename(entry, ".ts")}.js`;
    doors.push({ name, text: await oneFile(join(root, entry), lazy), executable: false });
  }
  const { outputs } = await build({
    entrypoints: [join(root, "src/cli.ts")],
    splitting: true,
    naming: { entry: "cli.js", chunk: "cli-[hash].js" },
  });
  const cli: Piece[] = [];
  for (const output of outputs) {
    const name = basename(output.path);
    cli.push({ name, text: await output.text(), executable: name === "cli.js" });
  }
  const chunks = cli.filter((piece) => !piece.executable);
  return [...lazy.values(), ...chunks, ...cli.filter((piece) => piece.executable), ...doors];
}

/**
 * The text of one file with all that it imports at once. What it imports later becomes a file of its own, named after
 * its content, which repeats what both need: a shared file would have to be loaded before the line can be shown.
 */
async function oneFile(entry: string, lazy: Map<string, Piece>, importers: readonly string[] = []): Promise<string> {
  if (importers.includes(entry)) throw failed(`${entry} imports itself later`);
  const later = new Set<string>();
  const { outputs } = await build({
    entrypoints: [entry],
    plugins: [
      {
        name: "later",
        setup(builder) {
          builder.onResolve({ filter: /./ }, ({ kind, path, importer }) => {
            if (kind !== "dynamic-import" || isBuiltin(path)) return undefined;
            const target = Bun.resolveSync(path, dirname(importer));
            later.add(target);
            return { path: placeholder(target), external: true };
          });
        },
      },
    ],
  });
  let text = (await outputs[0]?.text()) ?? "";
  for (const target of later) {
    if (!lazy.has(target)) {
      const inner = await oneFile(target, lazy, [...importers, entry]);
      const hash = Bun.hash(inner).toString(36).padStart(13, "0").slice(0, 8);
      const name = `${basename(target).replace(/\.\w+$/, "")}-${hash}.js`;
      lazy.set(target, { name, text: inner, executable: false });
    }
    text = text.replaceAll(placeholder(target), `./${lazy.get(target)?.name}`);
  }
  return text;
}

const placeholder = (path: string): string => `./later-${Bun.hash(path).toString(36)}.js`;

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
  const flags = ["--compile", "--bytecode", "--minify", "--target=bun", ...autoload, `--outfile=${outfile}`];
  const compiler = Bun.spawn([process.execPath, "build", ...flags, entry], {
    cwd: dirname(outfile),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = await compiler.stderr.text();
  if ((await compiler.exited) !== 0 || !existsSync(outfile)) {
    throw failed(said.trim().split("\n").slice(-5).join("; ") || `bun build exited with ${compiler.exitCode}`);
  }
  chmodSync(outfile, 0o700);
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
