import type { SessionObservation } from "../../model/observation.ts";
import { type Fields, isTime } from "../../utils/json.ts";
import type { Emitter, Phase } from "../contract.ts";
import { emitActions } from "./activity.ts";
import { beginTurn, eventOf, type OpenclawSession } from "./event.ts";
import { emitResponse } from "./responses.ts";

/** Reads the events of one session in order. */
export class SessionReader {
  readonly #session: OpenclawSession;
  readonly #phase: Phase;
  readonly #modifiedAt: number;
  readonly #emitter: Emitter;
  readonly #version: string;
  #interval: SessionObservation | null = null;

  /** `modifiedAt` is the time of events without one; `version` is that of the program, if it is known. */
  constructor(session: OpenclawSession, phase: Phase, modifiedAt: number, emitter: Emitter, version = "") {
    this.#session = session;
    this.#phase = phase;
    this.#modifiedAt = modifiedAt;
    this.#emitter = emitter;
    this.#version = version;
  }

  /** Reads the next event; `place` is its row or its offset in bytes. */
  read(event: Fields, place: number): void {
    const one = eventOf(this.#session, event, (reason) => this.#emitter.skip(place, reason));
    beginTurn(this.#session, one);
    if (this.#phase === "usage") return emitResponse(this.#session, one, this.#modifiedAt, this.#emitter);
    if (one.at === null) return;
    if (one.copy < 4 && isTime(one.at)) {
      const { first = one.at, last = one.at }: Partial<SessionObservation> = this.#interval ?? {};
      const times = { first: Math.min(first, one.at), last: Math.max(last, one.at) };
      this.#interval = { ...one.place, agent: "", ...times, reason: null, version: this.#version };
    }
    if (one.key !== "") emitActions(this.#session, one, one.at, this.#emitter);
  }

  /** Emits the session, as far as it was read since the last call. */
  end(): void {
    const body = this.#interval;
    if (body) this.#emitter.emit({ kind: "session", key: `session:${body.session}`, body });
    this.#interval = null;
  }
}
