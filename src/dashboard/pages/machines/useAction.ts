import { useState } from "preact/hooks";
import { ApiError } from "../../client/api.ts";

/** Runs requests other than for reports: whether one runs, and why the last one failed; null if it did not. */
export function useAction() {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const run = async (action: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(error instanceof ApiError ? error : new ApiError("internal", "this did not work"));
    }
    setBusy(false);
  };
  return { isBusy, problem, run } as const;
}
