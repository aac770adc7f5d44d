import { type AnyFrame, wireLimits } from "../model/wire.ts";
import { encodeOpening, FrameReader, machineOpening, packFrame } from "../sync/stdio.ts";
import { stopError } from "../sync/stop-error.ts";
import type { ByteStreams } from "../sync/stream-link.ts";
import { hubIdOf } from "../sync/login-file.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Hub } from "./Hub.ts";
import type { Identity } from "./identity.ts";
import { HubSession } from "./session.ts";

/** Most bytes that one host may send at once: a history of years has a tenth of this. */
const MAX_BYTES = 1_073_741_824;

/** A host that is asked for its rows. */
export interface PullHost {
  /** As ssh knows it: the identity of its rows. */
  readonly host: string;
  /** Whether it is asked although it was revoked: somebody named it anew. */
  readonly isNamed: boolean;
}

/** The id of a host's member. It depends on the configured name alone, never on what the host says. */
const machineOf = (host: string): string =>
  `ssh-${new Bun.CryptoHasher("sha256").update(host).digest("base64url").slice(0, 22)}`;

/**
 * Takes the rows of a host over a pair of streams, until it has none left. Returns the number of rows that are on the disk.
 * Throws forbidden for a revoked host, machine_known if another machine has its name, answer_unusable, hub_away if it ends too
 * early, too_large, and what FrameReader and the hub's session throw.
 */
export async function pullOver(hub: Hub, { host, isNamed }: PullHost, streams: ByteStreams): Promise<number> {
  const machine = machineOf(host);
  const known = hub.members.find(machine);
  if (known?.revoked != null && !isNamed)
    throw new PawprintError("forbidden", `${host} was revoked`, `to allow it again: pawprint pull ${host}`);
  const name = known?.name ?? host.slice(0, wireLimits.nameLength);
  const identity: Identity = { token: "local", name, scope: "machine", machine, person: known?.person ?? "" };
  streams.write(encodeOpening({ hub: hubIdOf(hub.key), machine, name, key: hub.key, level: "details" }));
  const conversation = new Conversation(streams);
  const session = new HubSession(hub, identity, (frame) => conversation.send(frame));
  try {
    const reader = new FrameReader(machineOpening);
    let bytes = 0;
    let isGreeted = false;
    for await (const piece of streams.input) {
      bytes += piece.byteLength;
      if (bytes > MAX_BYTES)
        throw new PawprintError("too_large", `it sent more than ${MAX_BYTES} bytes`, "pull it again");
      for (const frame of reader.push(piece)) {
        isGreeted ||= frame.type === "hello";
        if (!isGreeted)
          throw new PawprintError("bad_frame", `${frame.type} came before hello`, "update the older program");
        const isNew = !known || known.revoked !== null;
        if (frame.type === "hello" && (isNew || frame.born < known.born))
          hub.members.add({ machine, name, person: identity.person, provenance: "pull", born: frame.born }, identity);
        conversation.answer(frame, session);
      }
      if (conversation.problem) throw conversation.problem;
    }
    await conversation.settled();
    if (conversation.problem) throw conversation.problem;
    if (reader.opening === null || !conversation.isWelcomed)
      throw new PawprintError("hub_away", "it ended before it sent anything", `try: ssh ${host} true`);
    if (reader.isPartial)
      throw new PawprintError(
        "hub_away",
        "it was cut off in the middle of a frame",
        "the next pull goes on from there",
      );
    return conversation.rows;
  } finally {
    await conversation.settled();
    session.close();
    streams.end();
    hub.tick();
  }
}

/** The frames of both directions, and what became of them. */
class Conversation {
  readonly #streams: ByteStreams;
  readonly #answers = new Set<Promise<void>>();
  readonly #sent: { readonly upto: number; readonly rows: number }[] = [];
  /** Rows that are acknowledged. */
  rows = 0;
  isWelcomed = false;
  problem: PawprintError | null = null;

  constructor(streams: ByteStreams) {
    this.#streams = streams;
  }

  answer(frame: AnyFrame, session: HubSession): void {
    if (frame.type === "events") {
      const rows = frame.groups.reduce((sum, group) => sum + group.rows.length, 0);
      this.#sent.push({ upto: frame.upto, rows });
    }
    const answered = session.receive(frame).finally(() => this.#answers.delete(answered));
    this.#answers.add(answered);
  }

  send(frame: AnyFrame): void {
    if (frame.type === "welcome") this.isWelcomed = true;
    if (frame.type === "ack") this.rows += this.#sent.shift()?.rows ?? 0;
    if (frame.type === "stop") this.problem = stopError(frame);
    this.#streams.write(packFrame(frame));
  }

  /** Resolves when everything that came is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#answers);
  }
}
