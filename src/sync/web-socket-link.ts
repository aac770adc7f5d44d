import { decodeFrame, encodeFrame } from "../model/frame-coding.ts";
import type { AnyFrame } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import { type HubAddress, hubAway, type Trust, trustOf } from "./hub-address.ts";
import type { LinkEvents, OpenLink } from "./link.ts";
import { postLink, problemOf } from "./post-link.ts";

/** A hub that opens no stream within this time is asked by requests, milliseconds. */
const OPEN_MS = 10_000;

/** Bun's WebSocket takes headers and TLS options. What it decompresses has no limit that we could set. */
type SocketOptions = { readonly headers: Readonly<Record<string, string>>; readonly perMessageDeflate: false } & Trust;

/**
 * A link over the WebSocket /v1/stream. Where none can be opened, requests are tried instead: a proxy may let no WebSocket
 * through, and the answer to a request says why the hub refuses.
 */
export const webSocketLink =
  (address: HubAddress): OpenLink =>
  (events) =>
    void trustOf(address).then(
      (trust) => openSocket(address, trust, events),
      (error: unknown) => events.closed(hubAway(address.url, error)),
    );

function openSocket(address: HubAddress, trust: Trust, events: LinkEvents): void {
  const options: SocketOptions = {
    headers: { authorization: `Bearer ${address.token ?? ""}` },
    perMessageDeflate: false,
    ...trust,
  };
  const socket = new WebSocket(`${address.url.replace(/^http/, "ws")}/v1/stream`, options as unknown as string[]);
  socket.binaryType = "nodebuffer";
  const overdue = setTimeout(() => socket.terminate(), OPEN_MS);
  overdue.unref();
  let isOpen = false;
  let isClosed = false;
  const fail = (reason: PawprintError | null): void => {
    if (isClosed) return;
    isClosed = true;
    events.closed(reason);
  };
  const send = (frame: AnyFrame): void => {
    if (!isClosed) socket.send(encodeFrame(frame));
  };
  socket.addEventListener("open", () => {
    clearTimeout(overdue);
    isOpen = true;
    events.opened({
      send,
      close: () => {
        isClosed = true;
        socket.close();
      },
    });
  });
  socket.addEventListener("message", ({ data }: MessageEvent<string | Uint8Array>) => {
    if (isClosed) return;
    try {
      events.receive(decodeFrame(data));
    } catch (error) {
      socket.close();
      fail(problemOf(error));
    }
  });
  socket.addEventListener("close", ({ code }) => {
    clearTimeout(overdue);
    if (isOpen) fail(new PawprintError("hub_away", `the hub closed the connection (${code})`, "it is tried again"));
    else if (!isClosed) {
      isClosed = true;
      postLink(address)(events);
    }
  });
}
