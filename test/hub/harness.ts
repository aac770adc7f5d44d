import { encodeBody } from "../../src/model/body.ts";
import {
  type AnyFrame,
  type EventsFrame,
  type Frame,
  type FrameType,
  knownFields,
  type Level,
} from "../../src/model/wire.ts";
import type { Clock } from "../../src/utils/clock.ts";
import { Hub } from "../../src/hub/Hub.ts";
import type { Identity } from "../../src/hub/identity.ts";
import { join } from "../../src/hub/join.ts";
import { HubSession } from "../../src/hub/session.ts";
import { plainResponse } from "../ledger/sample.ts";

/** The time of all tests, epoch milliseconds. */
export const NOW = Date.UTC(2026, 10, 29, 12);
/** Who runs the hub. */
export const operator: Identity = { token: "local", name: "operator", scope: "admin", machine: null, person: "" };

/** A clock that moves when it is asked to sleep. */
export class StepClock implements Clock {
  #now = NOW;

  now(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    await Promise.resolve();
  }

  /** Moves the time forward. */
  pass(ms: number): void {
    this.#now += ms;
  }
}

/** A hub in memory or at a path, with the fields that it knows, and its clock. */
export function hubOf(
  path = ":memory:",
  failed: (error: unknown) => void = () => {},
  fields = knownFields(),
): { hub: Hub; clock: StepClock } & Disposable {
  const clock = new StepClock();
  const address = { program: "1.0.0", url: "http://127.0.0.1:7297" };
  const hub = new Hub({ path, host: () => "hub", clock, ...address, failed, fields });
  return { hub, clock, [Symbol.dispose]: () => hub[Symbol.dispose]() };
}

/** A machine that has joined and sends details: its identity, its token and an open session with what that answered. */
export function joined(hub: Hub, name: string, id = `id-of-${name}`, mayRead = false) {
  const { code } = hub.tokens.invite({ name, person: `${name}'s person`, mayRead }, operator);
  const { token, machine, readToken } = join(hub, {
    code,
    machine: id,
    name,
    born: NOW - 1_000,
    platform: "linux",
    program: "1",
  });
  hub.members.saw(machine, { level: "details" });
  return { token, machine, readToken, ...sessionOf(hub, token) };
}

/** A session with a token, and what it answered. */
export function sessionOf(hub: Hub, token: string) {
  const answers: AnyFrame[] = [];
  const session = new HubSession(hub, hub.tokens.identify(token), (frame) => answers.push(frame));
  const ask = async (frame: AnyFrame): Promise<AnyFrame | undefined> => {
    const before = answers.length;
    await session.receive(frame);
    return answers[before];
  };
  return { session, answers, ask };
}

/** A hello of a machine. */
export const helloOf = (machine: string, more: Partial<Frame<"hello">> = {}): Frame<"hello"> => ({
  type: "hello",
  v: 1,
  machine,
  name: "laptop",
  born: NOW - 1_000,
  epoch: "e1",
  run: "r1",
  fingerprint: "f1",
  program: "1.0.0",
  platform: "linux",
  fields: {},
  level: "details",
  now: NOW + 250,
  head: 0,
  ...more,
});

/** Rows of responses as a machine sends them: keys r1, r2 and so on. */
export const eventsOf = (from: number, upto: number, more: Partial<EventsFrame> = {}, level: Level = "details") =>
  ({
    type: "events",
    epoch: "e1",
    from,
    upto,
    groups: [
      {
        source: "claude-code",
        reader: 1,
        level,
        rows: Array.from({ length: upto - from }, (_, at) => [
          `response:r${from + at + 1}`,
          encodeBody("response", plainResponse),
        ]),
      },
    ],
    ...more,
  }) as EventsFrame;

/** The answer as a frame of a type. Throws if it is another one. */
export function expectFrame<T extends FrameType>(frame: AnyFrame | undefined, type: T): Frame<T> {
  if (frame?.type !== type) throw new Error(`expected ${type}, received ${JSON.stringify(frame)}`);
  return frame as unknown as Frame<T>;
}
