import { copyFileSync, existsSync, rmSync } from "node:fs";
import { Hub } from "../../../src/hub/Hub.ts";
import type { Identity } from "../../../src/hub/identity.ts";
import { HubSession } from "../../../src/hub/session.ts";
import { type AnyFrame, type Frame, type FrameType, knownFields } from "../../../src/model/wire.ts";
import { prove } from "../../../src/sync/prove.ts";
import { PawprintError } from "../../../src/utils/errors.ts";
import { copyTemplate, removeDatabase, type SimulatedMachine } from "./machine.ts";
import { type HubEnd, type Reachable, type Weather, type World } from "./world.ts";

const ADMIN: Identity = { token: "local", name: "simulation", scope: "admin", machine: null, person: "" };

/** A hub on a disk, which is killed and started, and to which machines come through a network. */
export class SimulatedHub implements Reachable, Disposable {
  readonly weather: Weather = { isUp: true, delay: 50, doubled: 0, overtaken: 0 };
  /** A hub of an earlier version knows fewer fields of responses. */
  missingFields = 0;
  readonly path: string;
  readonly #world: World;
  /** The share of frames that it acknowledges without storing them, if it is a wrong one. */
  readonly #lostShare: number;
  readonly #sessions = new Set<{ kill(): void }>();
  /** Counts starts: what an earlier one still waits for never happens. */
  #run = 0;
  #hub: Hub;

  constructor(world: World, path: string, lostShare: number) {
    this.#world = world;
    this.path = path;
    this.#lostShare = lostShare;
    copyTemplate(path, "hub.template.db", (template) => {
      using hub = this.#open(template, () => true);
      hub.ledger.checkpoint();
    });
    this.#hub = this.#start();
  }

  get key(): string {
    return this.#hub.key;
  }

  get ledger(): Hub["ledger"] {
    return this.#hub.ledger;
  }

  #start(): Hub {
    const run = ++this.#run;
    return this.#open(this.path, () => run === this.#run);
  }

  #open(path: string, isRunning: () => boolean): Hub {
    const world = this.#world;
    const fields = knownFields();
    return new Hub({
      path,
      host: () => "hub",
      clock: {
        now: () => world.now,
        sleep: (ms) => new Promise((resolve) => world.after(ms, () => (isRunning() ? resolve() : undefined))),
      },
      program: "simulation",
      url: "http://127.0.0.1",
      fields: { ...fields, response: (fields["response"] ?? 0) - this.missingFields },
    });
  }

  /** Kills it with what it has in memory, and starts it. */
  restart(meanwhile: () => void = () => {}): void {
    for (const session of this.#sessions) session.kill();
    this.#sessions.clear();
    this.#run++;
    // Closing writes nothing: every transaction is either committed or has not begun.
    this.ledger[Symbol.dispose]();
    meanwhile();
    this.#hub = this.#start();
  }

  backUp(): void {
    rmSync(`${this.path}.backup`, { force: true });
    this.ledger.database.query("VACUUM INTO ?").run(`${this.path}.backup`);
  }

  restore(): void {
    const backup = `${this.path}.backup`;
    if (!existsSync(backup)) return;
    this.restart(() => {
      removeDatabase(this.path);
      copyFileSync(backup, this.path);
    });
  }

  addMember(machine: string, name: string): void {
    const { members } = this.#hub;
    const born = this.#world.now;
    if (!members.find(machine)) members.add({ machine, name, person: "", provenance: "machine", born }, ADMIN);
  }

  accept(machine: string, send: (frame: AnyFrame) => void): HubEnd {
    const identity: Identity = { token: machine, name: machine, scope: "machine", machine, person: "" };
    // A killed hub sends nothing.
    let isAlive = true;
    const session = new HubSession(this.#hub, identity, (frame) => (isAlive ? send(frame) : undefined));
    this.#sessions.add({ kill: () => void (isAlive = false) });
    return {
      receive: (frame) => {
        if (!isAlive) return Promise.resolve();
        const isLost = frame.type === "events" && this.#world.random.chance(this.#lostShare);
        return session.receive(isLost ? { ...frame, groups: [] } : frame);
      },
      fail: (error) => (isAlive ? session.fail(error) : undefined),
      close: () => (isAlive ? session.close() : undefined),
    };
  }

  /** The disk is full from now on, or no longer. SQLite takes the present size for a limit below it. */
  setFull(isFull: boolean): void {
    this.ledger.database.run(`PRAGMA max_page_count = ${isFull ? 1 : 1_073_741_823}`);
  }

  /** Removes rows of before a day, unless the disk is full. */
  prune(beforeDay: number): void {
    try {
      this.ledger.prune(beforeDay);
      this.ledger.commit();
    } catch (error) {
      refuseOthers(error);
    }
  }

  /** Removes a session's rows, and keeps them out, unless the disk is full. */
  forget(machine: string, session: string): void {
    try {
      this.#hub.ingest.forget({ kind: "session", value: session, machine }, ADMIN);
    } catch (error) {
      refuseOthers(error);
    }
  }

  /** Compares a machine's rows with the hub's, and sends again what differs; returns what still differs, null if the hub did not answer. */
  async prove(machine: SimulatedMachine): Promise<string[] | null> {
    if (!this.weather.isUp) return null;
    const ask = async <Type extends FrameType>(frame: AnyFrame, type: Type): Promise<Frame<Type>> => {
      const answers: AnyFrame[] = [];
      const end = this.accept(machine.id, (answer) => answers.push(answer));
      await end.receive(frame);
      end.close();
      const [answer] = answers;
      if (answer?.type !== type) throw new PawprintError("hub_away", JSON.stringify(answer), "try again");
      return answer as Frame<Type>;
    };
    const found: { remaining?: string[] | null } = {};
    prove(machine.ledger, machine.otherRows(), ask, this.#world.now).then(
      ({ remaining }) => (found.remaining = remaining.map((one) => JSON.stringify(one))),
      (error: unknown) => {
        found.remaining = null;
        if (!(error instanceof PawprintError)) this.#world.note(`prove: ${String(error)}`);
      },
    );
    await this.#world.pass(600_000, () => found.remaining !== undefined);
    return found.remaining ?? null;
  }

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
  }
}

function refuseOthers(error: unknown): void {
  if (!(error instanceof PawprintError && error.code === "disk_full")) throw error;
}
