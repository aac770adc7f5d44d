import { decodeFrame, encodeFrame } from "../model/frame-coding.ts";
import type { AnyFrame, Frame, FrameType } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import { askHub, type HubAddress, type Trust, trustOf } from "./hub-address.ts";
import { stopError } from "./stop-error.ts";

/** Sends one frame as a request and returns the frame of a type that answers it. Throws what askHub throws, what a `stop` says, and answer_unusable. */
export async function askFrame<Type extends FrameType>(
  address: HubAddress,
  frame: AnyFrame,
  type: Type,
): Promise<Frame<Type>> {
  return await askAnswer(address, await trustOf(address), frame, type);
}

/** The same for a hub whose certificate is known already. */
export async function askAnswer<Type extends FrameType>(
  address: HubAddress,
  trust: Trust,
  frame: AnyFrame,
  type: Type,
): Promise<Frame<Type>> {
  const content = await askHub(address, `/v1/${frame.type}`, trust, encodeFrame(frame));
  const answer = decodeFrame(Buffer.from(content).toString());
  if (answer.type === type) return answer as Frame<Type>;
  if (answer.type === "stop") throw stopError(answer);
  throw new PawprintError("answer_unusable", `the hub answered ${frame.type} with ${answer.type}`, "update pawprint");
}
