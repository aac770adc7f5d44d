import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { levels } from "../../../src/model/wire.ts";
import { Sequence } from "../../ledger/random.ts";
import { Checks } from "../e2e/checks.ts";
import { copyDatabase, Host, replaceDatabase, type Used, Writer } from "./host.ts";
import { calm, Proxy } from "./proxy.ts";
import { differences, type Member, sizeOf, writeTruth } from "./truth.ts";

const EVENTS = [
  ["kill hub", 40],
  ["kill machine", 45],
  ["cut", 6],
  ["weather", 8],
  ["back up hub", 3],
  ["restore hub", 2],
  ["back up ledger", 4],
  ["restore ledger", 3],
  ["reinstall", 1],
  ["clone", 1],
  ["level", 2],
] as const;
const MOST_CLONES = 2;
/** How long a phase may take until everything has arrived, and how long a machine may wait for its next attempt. */
const SETTLE_MS = 180_000;
const RETRY_MS = 15_000;
const REPORTS = ["daily", "session", "tools"] as const;

/** A hub, its machines, the network between them, and everything that happens to them. */
export class Campaign {
  readonly checks = new Checks();
  readonly #seed: number;
  readonly #random: Sequence;
  readonly #folder: string;
  readonly #cli: string;
  readonly #proxy: Proxy;
  readonly #hub: Host;
  readonly #machines: Host[] = [];
  readonly #writers: Writer[] = [];
  readonly #used: Used = new Map();
  /** The machine as which each host is known. */
  readonly #ids = new Map<Host, string>();
  readonly #cloned = new Set<Host>();
  #hubStart: Promise<void> = Promise.resolve();
  #serve: string[] = [];
  #emptyHub = "";
  #hubCopy = "";
  #isEnding = false;
  kills = 0;
  readonly events: Record<string, number> = {};
  /** Machines that ended by themselves, by what they said last. */
  readonly complaints: Record<string, number> = {};

  /** `folder` is where all homes are, `cli` the built program; the same seed gives the same events. */
  constructor(folder: string, cli: string, seed: number) {
    this.#folder = folder;
    this.#cli = cli;
    this.#seed = seed;
    this.#random = new Sequence(seed);
    this.#proxy = new Proxy(new Sequence(seed + 1));
    this.#hub = new Host(folder, "hub", cli);
  }

  async setUp(): Promise<void> {
    const port = await this.#proxy.listen();
    const url = `http://127.0.0.1:${port}`;
    this.#serve = ["serve", "--port", "0", "--url", url];
    await this.#startHub();
    const add = (name: string): Host => {
      const host = new Host(this.#folder, name, this.#cli);
      this.#machines.push(host);
      return host;
    };
    const hosts = ["one", "two", "three"].map(add);
    for (const host of hosts) {
      const { command } = JSON.parse(await this.#hub.run(["invite", host.name, "--local", "--json"])) as {
        command: string;
      };
      await host.run(command.split(" ").slice(1));
    }
    this.#readIds();
    copyDatabase(this.#hub.hub, this.#emptyHub);
    this.#backUpHub();
    // The second and the third have homes that are synced with each other, besides lines of their own.
    const homes = [this.#hub, ...hosts].map(({ home }) => [home]);
    const names = ["hub", "one", "two", "three"];
    for (const [at, own] of homes.entries()) this.#addWriter(names[at] ?? "", own);
    this.#addWriter(
      "shared",
      [hosts[1], hosts[2]].map((host) => host?.home ?? ""),
    );
    for (const host of hosts) this.#start(host);
  }

  #addWriter(name: string, homes: readonly string[]): void {
    this.#writers.push(new Writer(name, homes, new Sequence(this.#seed + 10 + this.#writers.length), this.#used));
  }

  #readIds(): void {
    using database = new Database(this.#hub.hub, { readonly: true });
    const members = database.query<{ name: string; machine: string }, []>("SELECT name, machine FROM member").all();
    for (const host of this.#machines)
      this.#ids.set(host, members.find(({ name }) => name === host.name)?.machine ?? "");
    this.#ids.set(
      this.#hub,
      members.find(({ name }) => !this.#machines.some((host) => host.name === name))?.machine ?? "",
    );
    this.#emptyHub = join(this.#folder, "empty.db");
    this.#hubCopy = join(this.#folder, "copy.db");
  }

  async #startHub(): Promise<void> {
    while (!this.#isEnding) {
      try {
        const [, port] = await this.#hub.start(this.#serve, /listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
        this.#proxy.target = Number(port);
        return;
      } catch (error) {
        // Killed before it listened, or the files are not there yet.
        this.#complain(this.#hub, String(error));
        await Bun.sleep(20);
      }
    }
  }

  /** Starts a machine that follows; it may be killed before it has begun. */
  #start(host: Host): void {
    if (!this.#isEnding) host.start(["sync", "--follow"], /sending to/).catch(() => undefined);
  }

  #complain(host: Host, what: string): void {
    if (what.includes("ended:") && host.complaint === "") return;
    const words = `${host.name}: ${(host.complaint || what).replace(/\d{3,}/g, "N")}`;
    this.complaints[words] = (this.complaints[words] ?? 0) + 1;
  }

  #backUpHub(): void {
    copyDatabase(this.#hub.hub, this.#hubCopy);
  }

  /** Kills the hub, does something to its files, and starts it. */
  async #restartHub(meanwhile?: () => void): Promise<void> {
    this.kills++;
    this.#proxy.target = 0;
    await this.#hub.kill(meanwhile !== undefined);
    meanwhile?.();
    await this.#startHub();
  }

  async #restart(host: Host, meanwhile?: () => void): Promise<void> {
    this.kills++;
    await host.kill(meanwhile !== undefined);
    meanwhile?.();
    this.#start(host);
  }

  async #event(what: (typeof EVENTS)[number][0]): Promise<void> {
    const random = this.#random;
    const host = random.pick(this.#machines);
    this.events[what] = (this.events[what] ?? 0) + 1;
    const copy = `${host.ledger}.copy`;
    switch (what) {
      case "kill hub":
        await this.#hubStart;
        this.#hubStart = this.#restartHub();
        return;
      case "kill machine":
        return await this.#restart(host);
      case "cut":
        return this.#proxy.cut();
      case "weather":
        this.#proxy.weather = random.chance(0.3)
          ? calm
          : {
              delay: random.pick([0, 5, 100]),
              silent: random.pick([0, 0.2]),
              doubled: random.pick([0, 0.5]),
              isPlain: random.chance(0.3),
            };
        return this.#proxy.cut();
      case "back up hub":
        return this.#backUpHub();
      case "restore hub":
        await this.#hubStart;
        this.#hubStart = this.#restartHub(() => replaceDatabase(this.#hub.hub, this.#hubCopy, random.chance(0.5)));
        return await this.#hubStart;
      case "back up ledger":
        if (existsSync(host.ledger)) copyDatabase(host.ledger, copy);
        return;
      case "restore ledger":
        if (existsSync(copy)) await this.#restart(host, () => replaceDatabase(host.ledger, copy, random.chance(0.5)));
        return;
      case "reinstall":
        return await this.#restart(host, () => host.reinstall());
      case "clone":
        return this.#clone(host);
      case "level":
        if (!this.#cloned.has(host)) await this.#restart(host, () => void (host.level = random.pick(levels)));
    }
  }

  #clone(host: Host): void {
    if (this.#cloned.has(host) || this.#machines.length >= 3 + MOST_CLONES) return;
    const clone = host.clone(this.#folder, `${host.name}-copy`);
    for (const one of [host, clone]) this.#cloned.add(one);
    this.#machines.push(clone);
    this.#ids.set(clone, this.#ids.get(host) ?? "");
    this.#addWriter(clone.name, [clone.home]);
    this.#start(clone);
  }

  /** Kills and everything else, while transcripts are written. */
  async phase(kills: number): Promise<void> {
    const end = this.kills + kills;
    while (this.kills < end) {
      for (let burst = this.#random.whole(1, 4); burst > 0; burst--) {
        for (const writer of this.#writers) if (this.#random.chance(0.7)) writer.work(this.#random.whole(1, 6));
        await Bun.sleep(this.#random.whole(10, 150));
      }
      await this.#event(this.#random.weighed(EVENTS));
      this.#revive();
    }
  }

  #revive(): void {
    for (const host of this.#machines)
      if (!host.isRunning) {
        this.#complain(host, "ended");
        this.#start(host);
      }
  }

  /** Lets everything arrive, and compares the hub with the transcripts. */
  async settle(phase: number): Promise<boolean> {
    this.#proxy.weather = calm;
    this.#proxy.cut();
    await this.#hubStart;
    for (const writer of this.#writers) writer.finish();
    const truth = join(this.#folder, "truth.db");
    const hosts = [this.#hub, ...this.#machines];
    const members = hosts.map((host): Member => ({ host, machine: this.#ids.get(host) ?? "" }));
    await writeTruth(truth, this.#emptyHub, members);
    const began = performance.now();
    const compare = (): string[] => differences(this.#hub.hub, truth, this.#used);
    let found = compare();
    let isRestarted = false;
    while (found.length > 0 && performance.now() - began < SETTLE_MS) {
      await Bun.sleep(300);
      this.#revive();
      found = compare();
      // Machines that were cut again and again wait for up to a minute.
      if (found.length > 0 && !isRestarted && performance.now() - began > RETRY_MS) {
        isRestarted = true;
        this.checks.note(`after ${RETRY_MS / 1_000} s: ${this.#missing(found)}`);
        for (const host of this.#machines) await this.#restart(host);
      }
    }
    const ms = Math.round(performance.now() - began);
    const figure = `${this.kills} kills, ${sizeOf(this.#hub.hub)}, settled in ${ms} ms`;
    this.checks.check(`phase ${phase}: the hub has what the transcripts say`, found.length === 0, figure);
    for (const one of found.slice(0, 10)) this.checks.note(one);
    if (found.length > 10) this.checks.note(`and ${found.length - 10} more`);
    return found.length === 0;
  }

  /** How many differences name each host, for people. */
  #missing(lines: readonly string[]): string {
    const parts = [...this.#ids].map(([{ name, complaint, isRunning }, id]) => {
      const count = lines.filter((line) => line.includes(id)).length;
      return `${name}: ${count} (${isRunning ? "runs" : "ended"}; ${complaint})`;
    });
    return parts.join("; ");
  }

  /** The reports over all machines are those of the truth. */
  async reports(): Promise<void> {
    for (const report of REPORTS) {
      const args = [report, "--hub", "--machine", "all", "--json"];
      const found = await this.#hub.run(args);
      const expected = await this.#hub.run(args, { PET_HUB_STORE: join(this.#folder, "truth.db") });
      this.checks.check(
        `${report} over all machines is that of the transcripts`,
        found === expected,
        `${found.length} characters`,
      );
    }
  }

  get network(): string {
    const { connections, silent, doubled, cut } = this.#proxy.counts;
    return `${connections} connections, ${silent} went silent, ${doubled} doubled, ${cut} ends cut`;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    for (const host of [this.#hub, ...this.#machines]) await host.kill(true);
    this.#proxy.close();
  }
}
