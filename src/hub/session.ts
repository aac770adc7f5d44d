import { differingParts } from "../ledger/fold/digests.ts";
import { type AnyFrame, type EventsFrame, type Frame, WIRE_VERSION, wireLimits } from "../model/wire.ts";
import { type FailureCode, PawprintError } from "../utils/errors.ts";
import type { Connection } from "./Connections.ts";
import { allows, type Identity } from "./identity.ts";
import { publicError } from "./public-error.ts";
import type { HubServices } from "./services.ts";

/** Milliseconds after which a machine may try again what failed for now. */
const RETRY_MS: Partial<Record<FailureCode, number>> = {
  busy: 500,
  disk_full: 60_000,
  write_failed: 60_000,
  too_many: 60_000,
  hub_away: 1_000,
  internal: 60_000,
};

/**
 * The hub's side of one connection: a state machine over the frames of model/wire.ts, without timers and sockets. It answers
 * through `send`; after a `stop` it ignores everything, and the connection is to be closed.
 */
export class HubSession implements Connection {
  readonly identity: Identity;
  readonly #hub: HubServices;
  readonly #send: (frame: AnyFrame) => void;
  #unacknowledged = 0;
  #isClosed = false;
  #unsubscribe: (() => void) | null = null;

  constructor(hub: HubServices, identity: Identity, send: (frame: AnyFrame) => void) {
    this.identity = identity;
    this.#hub = hub;
    this.#send = send;
    hub.connections.add(this);
  }

  /** Answers a frame. Never rejects: what is wrong is answered with `stop`. */
  receive(frame: AnyFrame): Promise<void> {
    try {
      return (!this.#isClosed && this.#answer(frame)) || ANSWERED;
    } catch (error) {
      this.fail(error);
      return ANSWERED;
    }
  }

  /** Ends the connection with a `stop` that says what is wrong; for frames that cannot be decoded too. */
  fail(error: unknown): void {
    const known = publicError(error, this.#hub);
    const retryAfter = RETRY_MS[known.code];
    this.#stop({
      type: "stop",
      code: known.code,
      message: known.message.slice(0, 1_000),
      hint: known.hint.slice(0, 1_000),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }

  /** The connection is closed: nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#hub.connections.remove(this);
  }

  #stop(frame: Frame<"stop">): void {
    if (this.#isClosed) return;
    this.close();
    this.#send(frame);
  }

  #reply(frame: AnyFrame): void {
    if (!this.#isClosed) this.#send(frame);
  }

  #answer(frame: AnyFrame): Promise<void> | void {
    switch (frame.type) {
      case "hello":
        return this.#welcome(frame);
      case "events":
        return this.#events(frame);
      case "beat": {
        const machine = this.#machine();
        if (frame.sent && this.#hub.ingest.lacks(machine, frame.sent)) throw rowsLacking();
        this.#hub.members.saw(machine, frame.pending === 0 ? { pending: {} } : {});
        return this.#reply({ type: "beat", pending: 0, now: this.#hub.now() });
      }
      case "forget":
        return this.#forget(frame);
      case "subscribe":
        return this.#subscribe();
      case "stop":
        // A machine that leaves needs its token no more.
        this.close();
        if (frame.code === LOGGED_OUT && this.identity.scope === "machine") this.#hub.tokens.leave(this.identity);
        return;
      case "digest":
        return this.#differ(frame);
      case "welcome":
      case "ack":
      case "differ":
      case "forgotten":
      case "commit":
        throw new PawprintError("bad_frame", `a hub takes no ${frame.type}`, "see the API document of the hub");
    }
  }

  #welcome(hello: Frame<"hello">): void {
    const machine = this.#machine();
    if (hello.v !== WIRE_VERSION) {
      throw new PawprintError(
        "wrong_version",
        `frames of version ${hello.v} are not known`,
        "update the older program",
      );
    }
    if (hello.machine !== machine) throw forbidden("the token belongs to another machine");
    const { connections, ingest, ledger, members } = this.#hub;
    const { horizon } = ledger;
    const now = this.#hub.now();
    const { fingerprint, level, pending, platform, program } = hello;
    const isConflict = connections.speaks(machine, fingerprint, now);
    members.saw(machine, {
      fingerprint,
      // Who only asks may do so with other settings.
      ...(hello.run === undefined ? {} : { level }),
      platform,
      program,
      skew: hello.now - now,
      ...(pending ? { pending } : {}),
      ...(isConflict ? { conflict: now } : {}),
    });
    if (hello.run !== undefined) ingest.lower(machine);
    this.#reply({
      type: "welcome",
      v: WIRE_VERSION,
      machine,
      name: members.find(machine)?.name ?? machine,
      acked: ingest.begin(machine, hello),
      now,
      level,
      program: this.#hub.program,
      fields: this.#hub.fields,
      window: wireLimits.window,
      rows: wireLimits.rows,
      bytes: wireLimits.frameBytes,
      tombstones: ingest.newestTombstone,
      ...(horizon === null ? {} : { horizon }),
      ...(isConflict ? { warning: CONFLICT } : {}),
    });
  }

  #events(frame: EventsFrame): Promise<void> {
    const machine = this.#machine();
    if (this.#unacknowledged >= wireLimits.window) {
      throw new PawprintError("too_many", "more frames than the window allows", "wait for acknowledgements");
    }
    this.#unacknowledged++;
    const settled = (answer: () => void): void => {
      this.#unacknowledged--;
      answer();
    };
    return this.#hub.ingest.submit(machine, frame).then(
      (ack) => settled(() => this.#reply(ack)),
      (error: unknown) => settled(() => this.fail(error)),
    );
  }

  /** The parts in which the machine's rows here are others than it says. */
  #differ({ by, sums }: Frame<"digest">): void {
    const { ingest, ledger } = this.#hub;
    const machine = this.#machine();
    const own = ledger.proof.sums({ machine, since: ledger.horizon ?? undefined }, by);
    const parts = differingParts(own, sums).map((part) => [part, own[part] ?? NO_ROWS] as const);
    const forgotten = ingest.forgottenOf(machine);
    this.#reply({
      type: "differ",
      by,
      sums: Object.fromEntries(parts.map(([part, sum]) => [part, [...sum]])),
      ...(forgotten.length > 0 ? { forgotten } : {}),
    });
  }

  #forget({ kind, value }: Frame<"forget">): void {
    const { machine, scope } = this.identity;
    const isAdmin = allows(scope, "admin");
    if (!isAdmin && (machine === null || scope !== "machine")) throw forbidden("the token may not forget rows");
    const named = kind === "machine" ? (this.#hub.members.find(value)?.machine ?? value) : value;
    if (!isAdmin && kind === "machine" && named !== machine) throw forbidden("the token belongs to another machine");
    const rows = this.#hub.ingest.forget({ kind, value: named, machine }, this.identity);
    this.#reply({ type: "forgotten", rows });
  }

  #subscribe(): void {
    if (!allows(this.identity.scope, "read")) throw forbidden("the token may not read");
    this.#unsubscribe ??= this.#hub.live.subscribe((commit) => this.#reply({ type: "commit", ...commit }));
  }

  /** The machine that the token belongs to. Throws forbidden if it belongs to none. */
  #machine(): string {
    const { machine, scope } = this.identity;
    if (machine === null || scope !== "machine") throw forbidden("the token belongs to no machine");
    return machine;
  }
}

/** The code of a machine's `stop` with which it leaves the hub. */
const LOGGED_OUT = "logged_out";
/** Many frames are answered at once, without a promise of their own. */
const ANSWERED = Promise.resolve();
const NO_ROWS = [0, 0, 0] as const;
const CONFLICT =
  "two ledgers speak as this machine: log one of them in under a name of its own (pawprint invite, on the hub)";

const rowsLacking = (): PawprintError =>
  new PawprintError(
    "busy",
    "another hello of this machine came in between",
    "say hello again: it then asks for all rows",
  );

const forbidden = (why: string): PawprintError =>
  new PawprintError("forbidden", why, "use a token that may do this: pawprint token create, on the hub");
