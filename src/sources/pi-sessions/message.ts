import { gitOperations } from "../../shell/git.ts";
import type { ActionObservation } from "../../model/observation.ts";
import { type Fields, listOf, text } from "../../utils/json.ts";

/** Emits an action or a part of it; `id` is its key without the kind. */
export type EmitAction = (id: string, details: Partial<ActionObservation> & Pick<ActionObservation, "action">) => void;

/** Why a response has no usage: failed and interrupted responses are written with zeros. */
export const noUsageReason = ({ stopReason }: Fields): string =>
  stopReason === "aborted" ? "interrupted" : stopReason === "error" ? "failed" : "unreported";

/** Counts the characters that the user typed. */
export function lengthOf(content: unknown): number {
  if (typeof content === "string") return content.length;
  const texts = listOf(content).filter((block) => block["type"] === "text" && typeof block["text"] === "string");
  return texts.map((block) => String(block["text"])).join("\n").length;
}

/** Counts the lines that a patch, or a list of lines with leading signs, adds and removes. */
export function linesOf(patch: string): { added: number; removed: number } {
  const lines = patch.slice(Math.max(patch.search(/^@@/m), 0)).split("\n");
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return { added: count("+"), removed: count("-") };
}

/** Emits the git operations of a command that the tool with this id ran. */
export function emitGit(id: string, given: Fields, at: number, model: string, emit: EmitAction): void {
  for (const [index, { operation, directory }] of gitOperations(text(given["command"], 1_000_000)).entries()) {
    const details = { name: operation, at, model, target: directory ?? "", tool: `action:tool:${id}` };
    emit(`git:${id}:${index}`, { action: "git", ...details });
  }
}
