// Homes with a hub or a machine, as processes of their own.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Hub } from "../../../src/hub/Hub.ts";
import { systemClock } from "../../../src/utils/clock.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";
import type { LoadPlan } from "./load.ts";

const local = { token: "local", name: "bench", scope: "admin", machine: null, person: "" } as const;

/** Memory of a process in MiB, now or at most. */
export const mib = (pid: number, name: "VmHWM" | "VmRSS"): number =>
  Number(new RegExp(`${name}:\\s*(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? NaN) / 1_024;
/** CPU time of a process in seconds. */
export const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

/** A home of its own, with the program's commands. */
export class Home implements Disposable {
  readonly home: string;
  readonly #entryFile: string;

  /** `folder` is where the home is made, with a name of its own. */
  constructor(entryFile: string, folder: string, name: string) {
    this.#entryFile = entryFile;
    this.home = join(folder, name);
    mkdirSync(join(this.home, ".claude/pets"), { recursive: true });
  }

  get env(): Record<string, string> {
    return { PATH: process.env["PATH"] ?? "", HOME: this.home, TZ: "UTC" };
  }

  start(...args: string[]) {
    return Bun.spawn([process.execPath, ...ISOLATED, this.#entryFile, ...args], {
      env: this.env,
      cwd: this.home,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  async run(...args: string[]): Promise<string> {
    const child = this.start(...args);
    const out = await child.stdout.text();
    if ((await child.exited) !== 0)
      throw new Error(`pawprint ${args.join(" ")}: exit ${child.exitCode}: ${out.slice(0, 500)}`);
    return out;
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A running hub. */
export interface Running extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** Starts the hub of a home, on a free port unless one is given. Resolves when it listens; throws if it ends before. */
export async function serve(home: Home, port = "0"): Promise<Running> {
  return await listening(home.start("serve", "--port", port));
}

/** Waits until a program has printed the address that it listens at; throws if it ends before. */
export async function listening(child: ReturnType<Home["start"]>): Promise<Running> {
  const decoder = new TextDecoder();
  let out = "";
  for await (const chunk of child.stdout) {
    out += decoder.decode(chunk);
    const url = /listening on (\S+)/.exec(out)?.[1];
    if (url === undefined) continue;
    return {
      url,
      pid: child.pid,
      async [Symbol.asyncDispose]() {
        child.kill();
        await child.exited;
      },
    };
  }
  throw new Error(`serve ended: ${out}`);
}

/** Makes machines with tokens, and a token that reads, in a new hub.db. */
export function makeMembers(home: Home, count: number): Pick<LoadPlan, "machines" | "reader"> {
  using hub = new Hub({
    path: join(home.home, ".claude/pets/hub.db"),
    host: () => "bench",
    clock: systemClock,
    program: "bench",
    url: "http://127.0.0.1",
  });
  const born = 1_700_000_000_000;
  const machines = hub.ledger.transaction(() =>
    Array.from({ length: count }, (_, number) => {
      const id = Bun.randomUUIDv7();
      hub.members.add({ machine: id, name: `bench-${number}`, person: "", provenance: "machine", born }, local);
      const entry = { name: `bench-${number}`, scope: "machine", machine: id, person: "", expires: null } as const;
      return { id, token: hub.tokens.create(entry, local).token };
    }),
  );
  const reader = hub.tokens.create({ name: "reader", scope: "read", machine: null, person: "", expires: null }, local);
  return { machines, reader: reader.token };
}
