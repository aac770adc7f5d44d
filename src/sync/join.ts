import { z } from "zod";
import { joinAnswer, joinRequest } from "../model/join.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { askHub, type HubAddress, type Trust } from "./hub-address.ts";

/** What a machine says when it joins. */
export type JoinRequest = z.infer<typeof joinRequest>;
/** What a machine receives when it joins. */
export type JoinAnswer = z.infer<typeof joinAnswer>;

/** Joins a hub: by the code of an invitation, or by a token in the address. Throws what askHub throws, and answer_unusable. */
export async function joinHub(address: HubAddress, trust: Trust, request: JoinRequest): Promise<JoinAnswer> {
  const content = await askHub(address, "/v1/join", trust, JSON.stringify(request));
  try {
    return joinAnswer.parse(JSON.parse(Buffer.from(content).toString()));
  } catch (error) {
    const why = messageOf(error).slice(0, 200);
    throw new PawprintError("answer_unusable", `${address.url} is no hub: ${why}`, "check the address", error);
  }
}
