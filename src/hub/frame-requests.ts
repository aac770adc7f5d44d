import { decodeFrame, encodeFrame } from "../model/frame-coding.ts";
import { joinRequest } from "../model/join.ts";
import type { AnyFrame, FrameType } from "../model/wire.ts";
import { entryOf } from "../utils/json.ts";
import { failures, type FailureCode, PawprintError } from "../utils/errors.ts";
import type { Hub } from "./Hub.ts";
import type { Identity } from "./identity.ts";
import { join } from "./join.ts";
import { jsonIn, parsed } from "./parsed.ts";
import { HubSession } from "./session.ts";

/** Frames that machines may send as the body of one request each, by path. */
export const framesByPath: Readonly<Record<string, FrameType | "events">> = {
  "/v1/hello": "hello",
  "/v1/events": "events",
  "/v1/beat": "beat",
  "/v1/digest": "digest",
  "/v1/forget": "forget",
  "/v1/stop": "stop",
};

/** The frame that a path takes; undefined if it takes none. */
export const frameAt = (path: string): FrameType | "events" | undefined => entryOf(framesByPath, path);

/** Answers a frame that came as the body of a request with a frame. Throws what decodeFrame throws. */
export async function answerFrame(hub: Hub, identity: Identity, path: string, body: Uint8Array): Promise<Response> {
  const type = frameAt(path);
  const frame = decodeFrame(type === "events" ? body : Buffer.from(body).toString());
  if (frame.type !== type) throw new PawprintError("bad_frame", `${path} takes ${type}`, "see the API document");
  const answers: AnyFrame[] = [];
  const session = new HubSession(hub, identity, (answer) => void answers.push(answer));
  await session.receive(frame);
  session.close();
  const [answer] = answers;
  if (!answer) return new Response(null, { status: 204 });
  if (answer.type !== "stop")
    return new Response(encodeFrame(answer), { headers: { "content-type": "application/json" } });
  // The frame, and the same as every other failure.
  const { code, message, hint } = answer;
  return Response.json({ ...answer, error: { code, message, hint } }, { status: failures[code as FailureCode].http });
}

/** Answers POST /v1/join, for a sender that may have a token. Throws bad_usage for a body that is not one, and what `join` throws. */
export function answerJoin(hub: Hub, body: Uint8Array, by: Identity | null): Response {
  return Response.json(join(hub, parsed(joinRequest, jsonIn(Buffer.from(body).toString()), "the body"), by));
}
