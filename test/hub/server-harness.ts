import { decodeFrame, encodeFrame } from "../../src/model/frame-coding.ts";
import type { AnyFrame } from "../../src/model/wire.ts";
import type { ListenOptions } from "../../src/hub/HttpServer.ts";
import { HubServer } from "../../src/hub/server.ts";
import { hubOf, operator } from "./harness.ts";

/** A hub that listens on a free port of this machine. */
export function served(options: Partial<ListenOptions> = {}, path?: string, failed?: (error: unknown) => void) {
  const made = hubOf(path, failed);
  const { hub } = made;
  const server = new HubServer(hub, {
    host: "127.0.0.1",
    port: 0,
    url: null,
    tls: null,
    corsOrigin: null,
    isOpen: false,
    page: () => new Map(),
    read: async (name, _, { name: who }) => ({ body: { name, who } }),
    ...options,
  });
  const post = (path: string, body: AnyFrame | object | string | Uint8Array, headers: Record<string, string> = {}) => {
    const isFrame = typeof body === "object" && "type" in body;
    const raw = isFrame ? encodeFrame(body) : body;
    const text = typeof raw === "string" || raw instanceof Uint8Array ? raw : JSON.stringify(raw);
    return fetch(`${server.address}${path}`, { method: "POST", body: text, headers });
  };
  const invite = (name: string, mayRead = false): string =>
    hub.tokens.invite({ name, person: "", mayRead }, operator).code;
  const tokenFor = (scope: "read" | "write" | "admin"): string =>
    hub.tokens.create({ name: scope, scope, machine: null, person: "", expires: null }, operator).token;
  const stop = async (): Promise<void> => {
    await server.stop();
    made[Symbol.dispose]();
  };
  return { ...made, server, post, invite, tokenFor, [Symbol.asyncDispose]: stop };
}

/** The header that carries a token. */
export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** What a machine sends to join. */
export const joinBody = (code: string, machine = "m1") => ({
  code,
  machine,
  name: "laptop",
  born: 1_700_000_000_000,
  platform: "linux",
  program: "1.0.0",
});

/** A stream of a hub: sends frames, and returns those that arrive one by one; null when it was closed. */
export async function streamOf(address: string, token: string, options: object = {}) {
  const socket = new WebSocket(`${address.replace("http", "ws")}/v1/stream`, {
    headers: bearer(token),
    ...options,
  } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const arrived: (AnyFrame | null)[] = [];
  const waiting: ((frame: AnyFrame | null) => void)[] = [];
  const take = (frame: AnyFrame | null): void => {
    const next = waiting.shift();
    if (next) next(frame);
    else arrived.push(frame);
  };
  socket.addEventListener("message", ({ data }: MessageEvent<string>) => take(decodeFrame(data)));
  socket.addEventListener("close", () => take(null));
  const opened = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("error", () => opened.reject(new Error("the stream was not opened")));
  await opened.promise;
  return {
    socket,
    send: (frame: AnyFrame): void => socket.send(encodeFrame(frame)),
    next: (): Promise<AnyFrame | null> => {
      const { promise, resolve } = Promise.withResolvers<AnyFrame | null>();
      const [first] = arrived.splice(0, 1);
      if (first === undefined) waiting.push(resolve);
      else resolve(first);
      return promise;
    },
    [Symbol.dispose]: (): void => socket.close(),
  };
}
