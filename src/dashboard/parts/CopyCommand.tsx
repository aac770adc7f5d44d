import { useState } from "preact/hooks";

/** Copies a command line; shows it to be copied by hand where the browser does not allow that. */
export function CopyCommand({
  command,
  children,
  next,
  label,
}: {
  command: string;
  /** The text of the button. */
  children: string;
  /** Where the command is to be run. */
  next: string;
  /** What the command does, for a screen reader. */
  label: string;
}) {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  return (
    <div class="copy">
      <span role="status">
        {state === "copied" && `Copied; run it ${next}`}
        {state === "refused" && "Copy it from here:"}
      </span>
      {state === "refused" ? (
        <input
          readOnly
          aria-label={label}
          class="mono"
          value={command}
          size={command.length}
          ref={(field) => field?.select()}
        />
      ) : (
        <button type="button" title={command} onClick={() => void copy()}>
          {children}
        </button>
      )}
    </div>
  );
}
