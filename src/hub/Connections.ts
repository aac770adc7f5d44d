import { PawprintError } from "../utils/errors.ts";
import type { Identity } from "./identity.ts";

/** An open connection, as far as its end is concerned. */
export interface Connection {
  readonly identity: Identity;
  /** Ends it with a reason for the other side. */
  fail(error: PawprintError): void;
}

/** How long after a machine's last word another ledger that speaks as it is a conflict, milliseconds. */
const CONFLICT_MS = 3_600_000;
/** Machines that are remembered, and ledgers of each of them. */
const [MAX_MACHINES, MAX_SPEAKERS] = [100_000, 10];

/** A ledger that spoke as a machine, and when, epoch milliseconds. */
interface Speaker {
  readonly fingerprint: string;
  readonly at: number;
}

/** The open connections of a hub, and which ledgers spoke as which machine. */
export class Connections {
  readonly #open = new Set<Connection>();
  /** When each ledger last spoke, by machine, the last speaker of each machine last. */
  readonly #speakers = new Map<string, readonly Speaker[]>();

  /** Number of connections that were opened so far. */
  opened = 0;

  add(connection: Connection): void {
    this.opened++;
    this.#open.add(connection);
  }

  remove(connection: Connection): void {
    this.#open.delete(connection);
  }

  /** Ends the connections of some identities, because their token is not valid any more if nothing else is said. */
  end(matches: (identity: Identity) => boolean, why = revoked()): void {
    for (const connection of [...this.#open].filter(({ identity }) => matches(identity))) {
      this.#open.delete(connection);
      connection.fail(why);
    }
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Notes that a ledger speaks as a machine; returns whether another one does so too: it spoke between two words of this one.
   * A ledger that was moved or restored speaks after the other one has ended, which is no conflict.
   */
  speaks(machine: string, fingerprint: string, now: number): boolean {
    const known = this.#speakers.get(machine) ?? [];
    const own = known.find((one) => one.fingerprint === fingerprint);
    const others = known.filter((one) => one !== own);
    if (known.length === 0 && this.#speakers.size >= MAX_MACHINES) this.#speakers.clear();
    this.#speakers.set(machine, [...others, { fingerprint, at: now }].slice(-MAX_SPEAKERS));
    return own !== undefined && own !== known.at(-1) && now - own.at < CONFLICT_MS;
  }
}

const revoked = (): PawprintError =>
  new PawprintError("unauthorized", "the token is not valid any more", "log in again");
