// Makes hub.db of a home with generated usage, and sends more of it to the hub that runs.
import { join } from "node:path";
import { Hub } from "../../../src/hub/Hub.ts";
import { prepareRows } from "../../../src/ledger/fold/prepare-rows.ts";
import { machineKey } from "../../../src/ledger/fold/prepare.ts";
import { encodeBody } from "../../../src/model/body.ts";
import { encodeFrame } from "../../../src/model/frame-coding.ts";
import type { Observation } from "../../../src/model/observation.ts";
import { type AnyFrame, knownFields, WIRE_VERSION, type WireRow } from "../../../src/model/wire.ts";
import { systemClock } from "../../../src/utils/clock.ts";
import type { SourceWork } from "./generated.ts";

/** A machine of a generated hub, and all that it has observed. */
export interface GeneratedMachine {
  readonly name: string;
  readonly person: string;
  /** Batches, each of which is written in one transaction. */
  readonly work: Iterable<readonly SourceWork[]>;
}

/** A machine of a hub, as it joined. */
export interface JoinedMachine {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

const OPERATOR = { token: "local", name: "campaign", scope: "admin", machine: null, person: "" } as const;
/** The program that generated machines say they have, and when their ledgers were made. */
const [PROGRAM, BORN] = ["0.2.0", 1_700_000_000_000];
const LEVEL = "details";
/** Sessions that are written in one transaction. */
const BATCH = 60;

/** Makes hub.db below a home, or opens it, and adds machines with their usage. */
export function fillHub(home: string, machines: readonly GeneratedMachine[]): JoinedMachine[] {
  const path = join(home, ".claude/pets/hub.db");
  using hub = new Hub({ path, host: () => "hub", clock: systemClock, program: PROGRAM, url: "http://127.0.0.1" });
  return machines.map((one) => {
    const joined = addMachine(hub, one);
    for (const batch of batchesOf(one.work))
      hub.ledger.transaction(() => {
        for (const { source, observations } of batch) {
          const { refused, ...prepared } = prepareRows(
            { machine: joined.id, source, reader: 1 },
            rowsOf(joined.id, observations),
          );
          if (refused.length > 0) throw new Error(`a generated row is refused: ${JSON.stringify(refused[0])}`);
          hub.ledger.add({ machine: { id: joined.id, name: one.name, born: BORN }, level: LEVEL, source, ...prepared });
        }
      });
    return joined;
  });
}

/** The observations of some days by assistant: few and large transactions take half of the time. */
function* batchesOf(work: GeneratedMachine["work"]): Generator<readonly SourceWork[]> {
  let waiting: SourceWork[] = [];
  const batch = (): SourceWork[] =>
    [...Map.groupBy(waiting, ({ source }) => source)].map(([source, parts]) => ({
      source,
      observations: parts.flatMap(({ observations }) => observations),
    }));
  for (const day of work) {
    waiting.push(...day);
    if (waiting.length < BATCH) continue;
    yield batch();
    waiting = [];
  }
  yield batch();
}

function addMachine(hub: Hub, { name, person }: GeneratedMachine): JoinedMachine {
  const id = `id-${Bun.hash(name).toString(36)}`;
  hub.members.add({ machine: id, name, person, provenance: "machine", born: BORN }, OPERATOR);
  hub.members.saw(id, { program: PROGRAM, platform: "linux", level: LEVEL, details: 1, skew: 120 });
  const entry = { name, scope: "machine", machine: id, person, expires: null } as const;
  return { id, name, token: hub.tokens.create(entry, OPERATOR).token };
}

/** Observations as rows of the wire. */
const rowsOf = (machine: string, observations: readonly Observation[]): WireRow[] =>
  observations.map(({ kind, key, body }) => [machineKey(key, machine), encodeBody(kind, body)]);

/** Sends usage of one machine to a hub, each batch as a request. */
export class Sender {
  readonly #url: string;
  readonly #machine: JoinedMachine;
  readonly #epoch = crypto.randomUUID();
  #sent = 0;

  private constructor(url: string, machine: JoinedMachine) {
    this.#url = url;
    this.#machine = machine;
  }

  /** Says hello. Throws if the hub refuses it. */
  static async open(url: string, machine: JoinedMachine): Promise<Sender> {
    const sender = new Sender(url, machine);
    const { id, name } = machine;
    const made = { v: WIRE_VERSION, born: BORN, fingerprint: id, program: PROGRAM, platform: "linux", level: LEVEL };
    await sender.#post({
      ...made,
      type: "hello",
      machine: id,
      name,
      epoch: sender.#epoch,
      run: crypto.randomUUID(),
      fields: knownFields(),
      now: Date.now(),
      head: 0,
    } as AnyFrame);
    return sender;
  }

  /** Sends observations. Resolves when they are on the hub's disk; throws if it refuses any. */
  async send({ source, observations }: SourceWork): Promise<void> {
    const from = this.#sent;
    const upto = from + observations.length;
    const rows = rowsOf(this.#machine.id, observations);
    const groups = [{ source, reader: 1, level: LEVEL, rows }] as const;
    const ack = await this.#post({ type: "events", epoch: this.#epoch, from, upto, groups });
    if (JSON.stringify(ack).includes('"refused"')) throw new Error(`the hub refuses rows: ${JSON.stringify(ack)}`);
    this.#sent = upto;
  }

  async #post(frame: AnyFrame): Promise<unknown> {
    const response = await fetch(`${this.#url}/v1/${frame.type}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#machine.token}` },
      body: encodeFrame(frame),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${frame.type}: ${response.status} ${answer.slice(0, 500)}`);
    return JSON.parse(answer);
  }
}
