import { expect, test } from "bun:test";
import { UsageGroup } from "../../../../src/reports/shared/usage/tally.ts";
import { noTokens } from "../../../../src/model/tokens.ts";

const plain = { ...noTokens, source: "claude-code", speed: "", tier: "", region: "", context: 0, isPriced: 0, cost: 0 };
const usage = (model: string) => ({ ...plain, model, input: 10, searches: 0 });

test("an account puts its parts in order again when more was added", () => {
  const account = new UsageGroup();
  account.add(usage("small"), 1, 5n);
  account.add(usage("large"), 1, 9_000_000n);
  expect(account.models).toEqual(["large", "small"]);
  account.add(usage("small"), 1, 20_000_000n);
  account.add(usage("new"), 1, null);
  expect(account.models).toEqual(["small", "large", "new"]);
  expect(account.parts.map(({ tally }) => tally.input)).toEqual([20, 10, 10]);
});
