import { outboxOf } from "../ledger/sqlite/Outbox.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import type { Clock } from "../utils/clock.ts";
import type { Level } from "../model/wire.ts";
import type { Settings } from "../utils/config.ts";
import { readPlain } from "../utils/files.ts";
import type { Places } from "../utils/paths.ts";
import { ClientRunner } from "./ClientRunner.ts";
import type { OpenLink } from "./link.ts";
import { OutgoingRows, type SenderIdentity } from "./OutgoingRows.ts";
import { ProjectLevels } from "./ProjectLevels.ts";
import { SyncClient } from "./SyncClient.ts";
import { type HubMemory, noHubMemory, readSyncMemory, writeSyncMemory } from "./sync-memory.ts";

/** What sends the rows of this machine's ledger needs. */
export interface HubSenderOptions {
  readonly ledger: Ledger;
  readonly identity: Omit<SenderIdentity, "host" | "platform">;
  readonly settings: Settings;
  /** The most that the other side wants; details if missing. */
  readonly most?: Level;
  readonly places: Places;
  readonly clock: Clock;
  /** A random number from 0 to below 1. */
  random?(): number;
}

/** Sends the rows of this machine's ledger to one hub, and keeps what is known of it. */
export class HubSender {
  readonly rows: OutgoingRows;
  readonly levels: ProjectLevels;
  readonly client: SyncClient;
  readonly #options: HubSenderOptions;
  /** The epoch of what the hub was sent last; null if nothing was. */
  #epoch: string | null;
  /** What was known of the hub before. */
  readonly #known: HubMemory;

  constructor(options: HubSenderOptions) {
    const { ledger, identity, settings, places, clock, most = "details", random = Math.random } = options;
    this.#options = options;
    const { syncLevel: level, syncProjects: projects } = settings;
    const { lowered, hubs } = readSyncMemory(places);
    this.#known = hubs[identity.hub] ?? noHubMemory;
    this.levels = new ProjectLevels({ level, projects, home: places.home, most }, outboxOf(ledger), lowered);
    const platform = `${process.platform} ${process.arch}`;
    this.rows = new OutgoingRows(ledger, this.levels, { ...identity, platform, host: hostId() });
    this.#epoch = outboxOf(ledger).cursor(identity.hub)?.epoch ?? null;
    this.client = new SyncClient(this.rows, { now: () => clock.now(), random: () => random() });
  }

  /** What runs the client over links. */
  runner(open: OpenLink): ClientRunner {
    return new ClientRunner(this.client, open, this.#options.clock);
  }

  /**
   * Directories of which less leaves than of others, if what leaves has changed since the last call or the last time that rows were sent:
   * what the hub has of them from before stays there.
   */
  takeReduced(): string[] {
    const [before, now] = [this.#epoch, this.rows.epoch];
    this.#epoch = now;
    return before === null || policyOf(before) === policyOf(now) ? [] : this.levels.reduced;
  }

  /** Reads the projects' files again; if that changes what leaves, all rows are sent in their new form. */
  refresh(): void {
    const before = this.rows.policy;
    this.levels.refresh();
    if (this.rows.policy !== before) this.client.restart();
  }

  /** Keeps what the projects' files said and what is known of the hub. */
  save(): void {
    const { places, identity } = this.#options;
    writeSyncMemory(places, {
      version: 1,
      lowered: this.levels.lowered,
      hubs: { [identity.hub]: this.#memory() },
    });
  }

  #memory(): HubMemory {
    const known = this.#known;
    const { lastContact, clockSkewMs, problem, warning, state } = this.client.status;
    const { refused, refusedCount, late, unsendable } = this.rows.report;
    const isReached = state === "ready";
    return {
      lastContact: lastContact ?? known.lastContact,
      clockSkewMs: clockSkewMs ?? known.clockSkewMs,
      refused: known.refused + refusedCount,
      named: [...refused, ...known.named].slice(0, 20),
      late: known.late + late,
      unsendable: unsendable.length > 0 ? [...unsendable] : known.unsendable,
      problem: problem
        ? { code: problem.code, message: problem.message, at: this.#options.clock.now() }
        : isReached
          ? null
          : known.problem,
      warning: isReached ? warning : known.warning,
    };
  }
}

/** The part of an epoch that says what leaves. */
const policyOf = (epoch: string): string => epoch.slice(epoch.lastIndexOf("."));

/** Identifies this host: the id that its system made for it, or its name. */
function hostId(): string {
  try {
    const id = readPlain("/etc/machine-id", 1_024);
    if (id !== null) return Buffer.from(id).toString().trim();
  } catch {
    // Not every system has one that can be read.
  }
  return process.getBuiltinModule("node:os").hostname();
}
