import { copyFileSync, existsSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { prepare } from "../../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../../src/ledger/sqlite/Ledger.ts";
import type { Observation } from "../../../src/model/observation.ts";
import type { Level } from "../../../src/model/wire.ts";
import { OutgoingRows } from "../../../src/sync/OutgoingRows.ts";
import { ProjectLevels } from "../../../src/sync/ProjectLevels.ts";
import type { SentLevel } from "../../../src/sync/project-file.ts";
import { SyncClient } from "../../../src/sync/SyncClient.ts";
import { Connection, type Reachable, Requests, type Route, type Transport, type World } from "./world.ts";

/** The clock of a machine may be set, after which what it waits for is due earlier or later. */
const LONGEST_PAUSE_MS = 20_000;

/** The name of the file that all observations of a machine are read from. */
const FILE = "/home/dev/.claude/projects/all.jsonl";
const SOURCE = "claude-code";

/** Files of a home: what they say, in the order in which it was written. Homes that are synced have the same. */
export type HomeFiles = Observation[];

/** A machine: a ledger on a disk, the files that it is read from, and a client that is killed and started. */
export class SimulatedMachine {
  /** The id under which the hub knows it. */
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly files: HomeFiles;
  level: Level = "metrics";
  transport: Transport = "stream";
  /** Whether its rows have left in different forms: those that it keeps back by now stay at the hub. */
  hasChangedForm = false;
  /** What its home keeps of the .pawprint files: the directories that they lowered. */
  #kept: { lowered: [string, SentLevel][] } = { lowered: [] };
  /** What the .pawprint files say. */
  readonly words = new Map<string, SentLevel>();
  /** Milliseconds that its clock is ahead. */
  skew = 0;
  ledger: Ledger;
  rows: OutgoingRows | null = null;
  client: SyncClient | null = null;
  readonly #world: World;
  readonly #hub: Reachable;
  #connection: Route | null = null;
  #run = 0;
  #turn = (): void => {};

  constructor(world: World, hub: Reachable, id: string, host: string, path: string, files: HomeFiles) {
    this.#world = world;
    this.#hub = hub;
    this.id = id;
    this.host = host;
    this.path = path;
    this.files = files;
    if (!existsSync(path)) newLedger(path);
    this.ledger = new Ledger(path, () => host);
  }

  /** Another computer with the same home, with its ledger and login, as on a network disk. It has settings and projects of its own from now on. */
  another(host: string): SimulatedMachine {
    const other = new SimulatedMachine(this.#world, this.#hub, this.id, host, this.path, this.files);
    other.level = this.level;
    other.#kept = this.#kept;
    for (const [directory, word] of this.words) other.words.set(directory, word);
    return other;
  }

  /** Reads what was written since the last time; the place in the file is stored with the rows. */
  scan(): void {
    const known = this.ledger.files.of(FILE)?.usageOffset ?? 0;
    const fresh = this.files.slice(known);
    if (fresh.length === 0) return;
    this.ledger.ingest({
      source: SOURCE,
      entries: prepare(this.ledger.machine, SOURCE, fresh),
      skipped: [],
      restarted: [],
      files: [
        {
          path: FILE,
          source: SOURCE,
          device: 1,
          inode: 1,
          size: this.files.length,
          mtime: 1,
          head: 1,
          headLength: 1,
          usageOffset: this.files.length,
          activityOffset: this.files.length,
          store: "transcripts",
          usageMemory: null,
          activityMemory: null,
          reader: 1,
          prefix: null,
          timeouts: 0,
          retryAt: null,
        },
      ],
    });
  }

  /** Starts `sync --follow`. */
  start(): void {
    this.kill();
    const run = ++this.#run;
    const levels = this.#levels();
    this.rows = this.#rowsWith(levels);
    this.client = new SyncClient(this.rows, {
      now: () => Math.max(0, this.#world.now + this.skew),
      random: () => this.#world.random.share(),
    });
    this.#turn = () => {
      if (run !== this.#run || this.client === null) return;
      this.#kept.lowered = levels.lowered;
      this.scan();
      this.client.tick();
      if (this.client.wantsLink) this.#connect(this.client);
    };
    const wake = (): void => {
      if (run !== this.#run || this.client === null) return;
      this.#turn();
      const ms = this.client.wakeAt - this.skew - this.#world.now;
      this.#world.after(Math.min(Math.max(ms, 1), LONGEST_PAUSE_MS), wake);
    };
    wake();
  }

  /** The rows as another process of this machine sends them. */
  otherRows(): OutgoingRows {
    return this.#rowsWith(this.#levels());
  }

  #levels(): ProjectLevels {
    return new ProjectLevels(
      { level: this.level, projects: [], home: "/home/dev", most: "details" },
      {
        startOf: () => "",
        repositoryOf: () => null,
        directories: () => new Set(this.files.map(({ body }) => ("project" in body ? body.project : ""))),
      },
      this.#kept.lowered,
      (directory) => this.words.get(directory) ?? null,
    );
  }

  #rowsWith(levels: ProjectLevels): OutgoingRows {
    const { id, host } = this;
    const about = { program: "simulation", platform: "linux" };
    return new OutgoingRows(this.ledger, levels, {
      hub: "hub",
      key: this.#hub.key,
      machine: id,
      name: id,
      host,
      ...about,
    });
  }

  /** Something was written to the files; the client looks for it within half a second. */
  work(observations: readonly Observation[]): void {
    this.files.push(...observations);
    const run = this.#run;
    this.#world.after(this.#world.random.whole(0, 500), () => (run === this.#run ? this.#turn() : undefined));
  }

  /** Kills the client: what it had in memory is gone, its ledger stays. */
  kill(): void {
    this.#run++;
    this.#connection?.cut();
    this.#connection = null;
    this.client = null;
    this.rows = null;
  }

  cut(): void {
    this.#connection?.cut();
  }

  /** A copy of the ledger's file. */
  backup(to: string): void {
    this.ledger.checkpoint();
    copyFileSync(this.path, to);
  }

  /** The ledger's file becomes an older one: after a power failure in place, after a restore as another file. */
  restore(from: string, isInPlace: boolean): void {
    this.kill();
    this.ledger[Symbol.dispose]();
    // Written over, the file would still have the log of a connection that this process has not quite closed.
    removeDatabase(this.path);
    copyFileSync(from, this.path);
    this.ledger = new Ledger(this.path, () => this.host);
    if (isInPlace)
      this.ledger.database.run("UPDATE meta SET value = ? WHERE name = 'file'", [String(statSync(this.path).ino)]);
  }

  /** The ledger is made anew, under the same login. */
  reinstall(): void {
    this.kill();
    this.ledger[Symbol.dispose]();
    removeDatabase(this.path);
    newLedger(this.path);
    this.ledger = new Ledger(this.path, () => this.host);
  }

  close(): void {
    this.kill();
    this.ledger[Symbol.dispose]();
  }

  #connect(client: SyncClient): void {
    client.connect((events) => {
      const Kind = this.transport === "stream" ? Connection : Requests;
      this.#connection = new Kind(this.#world, this.#hub.weather, events, (send) => this.#hub.accept(this.id, send));
    });
  }
}

/** Begins a file as a copy of one that is made once for all histories of a folder: making its tables would take longer than most histories. */
export function copyTemplate(path: string, name: string, make: (template: string) => void): void {
  const template = join(dirname(dirname(path)), name);
  if (!existsSync(template)) make(template);
  copyFileSync(template, path);
}

/** Makes an empty ledger that belongs to no machine yet. */
const newLedger = (path: string): void =>
  copyTemplate(path, "template.db", (template) => {
    using ledger = new Ledger(template, () => "");
    ledger.database.run("DELETE FROM meta");
    ledger.database.run("DELETE FROM machine");
    ledger.checkpoint();
  });

/** Removes a database with the files beside it. */
export function removeDatabase(path: string): void {
  for (const end of ["", "-wal", "-shm"]) if (existsSync(path + end)) rmSync(path + end);
}
