import { z } from "zod";
import { PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";
import { allows, type Identity } from "./identity.ts";
import { reasonOf } from "./parsed.ts";
import { publicError } from "./public-error.ts";
import type { RouteAnswer } from "./routes/contract.ts";
import type { HubServices } from "./services.ts";
import type { StreamSession } from "./streams.ts";
import { sessionBlockSchema, shortText, timestamp, usageEntrySchema } from "./uploads/messages.ts";
import { Uploads } from "./uploads/Uploads.ts";

/** Status of a WebSocket that its server closes after it said why. */
const NORMAL = 1_000;
/** Longest message, characters. */
const MAX_LENGTH = 65_536;
/** Least time between two updates of a dashboard, milliseconds. */
const UPDATE_MS = 1_000;

const common = { clientId: shortText, messageId: shortText.optional() };
const messages = {
  usage_entry: z.looseObject(common),
  session_block_update: z.object({ ...common, sessionBlock: sessionBlockSchema }),
  heartbeat: z.object({ ...common, timestamp, status: z.enum(["active", "idle"]) }),
} as const;

/** What a session of a collector or a dashboard uses. */
export interface CollectorOptions {
  readonly hub: HubServices;
  /** Who sends; null if it may not. */
  readonly writer: Identity | null;
  /** Who reads; null if it may not. */
  readonly reader: Identity | null;
  /** Runs a route's `read` in the reader's process. */
  read(name: string, params: unknown, identity: Identity): Promise<RouteAnswer>;
  send(text: string): void;
  /** Waits for some milliseconds. */
  sleep(ms: number): Promise<unknown>;
}

/**
 * A connection at /ws, of a collector that sends usage_entry, session_block_update and heartbeat, and of a dashboard that
 * receives global_update after commits, at most one a second. Each message is answered by an ack.
 */
export class CollectorSession {
  readonly #options: CollectorOptions;
  readonly #uploads: Uploads;
  readonly #unsubscribe: () => void;
  #isUpdating = false;
  #hasNews = false;
  #isClosed = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#uploads = new Uploads(options.hub);
    this.#unsubscribe = options.reader ? options.hub.live.subscribe(() => this.#update()) : () => undefined;
    this.#update();
  }

  /** Takes a message and answers it. Never throws. */
  async receive(text: string): Promise<void> {
    let messageId: string | null = null;
    try {
      const value = parse(text);
      messageId = shortText.safeParse(value.messageId).data ?? null;
      const id = await this.#take(value);
      this.#send({ type: "ack", messageId: messageId ?? id, status: "processed" });
    } catch (error) {
      const { code, message, hint } = publicError(error, this.#options.hub);
      this.#send({ type: "ack", messageId, status: "error", error: { code, message: clean(message, 1_000), hint } });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
  }

  /** Takes a message; returns an id for its ack. */
  async #take(value: { readonly type?: unknown }): Promise<string> {
    const { type } = value;
    if (typeof type !== "string" || !Object.hasOwn(messages, type)) {
      const known = Object.keys(messages).join(", ");
      throw new PawprintError("bad_frame", `unknown message ${clean(String(type), 50)}`, `it may be ${known}`);
    }
    const { writer, hub } = this.#options;
    if (!writer || !allows(writer.scope, "write"))
      throw new PawprintError("forbidden", "this needs the scope write", "pawprint token create NAME --scope write");
    if (type === "usage_entry") {
      const { clientId } = valid(messages.usage_entry, value);
      const { project, ...entry } = valid(usageEntrySchema, value);
      const member = this.#uploads.member(clientId, writer);
      const { source, session: id, at } = entry;
      if (project !== "") this.#uploads.session(member, { source, id, project, started: at });
      await this.#uploads.messages(member, [entry]);
      return entry.id;
    }
    if (type === "session_block_update") {
      const { clientId, sessionBlock } = valid(messages.session_block_update, value);
      this.#uploads.block(this.#uploads.member(clientId, writer), sessionBlock);
      this.#update();
      return sessionBlock.id;
    }
    const { clientId } = valid(messages.heartbeat, value);
    this.#uploads.member(clientId, writer);
    return `heartbeat:${hub.now()}`;
  }

  #update(): void {
    if (!this.#options.reader || this.#isClosed) return;
    this.#hasNews = true;
    if (this.#isUpdating) return;
    this.#isUpdating = true;
    void this.#sendUpdates(this.#options.reader).finally(() => void (this.#isUpdating = false));
  }

  /** Sends the state of all machines until nothing has changed for an interval. */
  async #sendUpdates(reader: Identity): Promise<void> {
    const { read, sleep } = this.#options;
    while (this.#hasNews && !this.#isClosed) {
      this.#hasNews = false;
      try {
        const { body } = await read("api-usage-distributed", {}, reader);
        this.#send({ type: "global_update", data: body });
      } catch {
        // What cannot be read now is sent after the next commit.
      }
      await sleep(UPDATE_MS);
    }
  }

  #send(message: object): void {
    if (!this.#isClosed) this.#options.send(JSON.stringify(message));
  }
}

/** A collector's session on a socket: it is among the hub's connections, and ends when its token is revoked. */
export function collectorStream(
  options: CollectorOptions,
  identity: Identity,
  socket: { close(code: number, reason: string): void },
): StreamSession {
  const { connections } = options.hub;
  const session = new CollectorSession(options);
  const connection = {
    identity,
    fail(error: PawprintError): void {
      const { code, message, hint } = error;
      options.send(JSON.stringify({ type: "ack", messageId: null, status: "error", error: { code, message, hint } }));
      socket.close(NORMAL, code);
    },
  };
  connections.add(connection);
  return {
    receive: (message) => void session.receive(Buffer.from(message).toString()),
    fail: (error) => connection.fail(publicError(error, options.hub)),
    close() {
      connections.remove(connection);
      session.close();
    },
  };
}

function parse(text: string): { readonly type?: unknown; readonly messageId?: unknown } {
  if (text.length > MAX_LENGTH)
    throw new PawprintError("too_large", `the message has more than ${MAX_LENGTH} characters`, "send less at once");
  try {
    const value: unknown = JSON.parse(text);
    return z.looseObject({}).parse(value);
  } catch (error) {
    throw new PawprintError("bad_frame", "the message is not a JSON object", "send one object as JSON", error);
  }
}

function valid<T>(schema: z.ZodType<T>, value: unknown): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const hint = "see the API document of the hub";
  throw new PawprintError("bad_frame", `the message is wrong: ${reasonOf(found.error)}`, hint);
}
