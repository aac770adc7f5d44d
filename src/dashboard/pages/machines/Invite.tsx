import { useState } from "preact/hooks";
import { timezone } from "../../client/location.ts";
import { Card } from "../../parts/Card.tsx";
import { CopyCommand } from "../../parts/CopyCommand.tsx";
import { Problem } from "../../parts/ReportView.tsx";
import { clockTime } from "../../text.ts";
import { type ShownInvitation, invite } from "./actions.ts";
import { NameField } from "./NameField.tsx";
import { useAction } from "./useAction.ts";

/** Makes the line with which one machine joins, for admins. The line is only ever on the screen: it is in no address and not kept. */
export function Invite() {
  const [name, setName] = useState("");
  const [person, setPerson] = useState("");
  const [read, setRead] = useState(false);
  const [local, setLocal] = useState(false);
  const [made, setMade] = useState<(ShownInvitation & { readonly name: string }) | null>(null);
  const { isBusy, problem, run } = useAction();
  const send = (): Promise<void> =>
    run(async () => {
      setMade(null);
      setMade({ ...(await invite({ name: name.trim(), person: person.trim(), read, local })), name: name.trim() });
    });
  return (
    <Card title="Invite a machine" width={5}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <NameField label="Name of the machine" value={name} change={setName} required />
        <NameField label="Person, if you want usage by person" value={person} change={setPerson} />
        <label class="check">
          <input type="checkbox" checked={read} onChange={({ currentTarget: { checked } }) => setRead(checked)} />
          It may read the reports of all machines
        </label>
        {(problem?.code === "bad_usage" || local) && (
          <label class="check">
            <input type="checkbox" checked={local} onChange={({ currentTarget: { checked } }) => setLocal(checked)} />
            For another user of the hub's own machine
          </label>
        )}
        <button type="submit" disabled={isBusy}>
          Invite
        </button>
      </form>
      {problem && <Problem problem={problem} />}
      {made && (
        <div class="invitation" role="status">
          <p>
            Run this on {made.name} before {clockTime(timezone.value, Date.parse(made.expiresAt))}; it works once.
          </p>
          <code>{made.command}</code>
          <CopyCommand key={made.command} command={made.command} next="on that machine" label="The line to run">
            Copy
          </CopyCommand>
        </div>
      )}
    </Card>
  );
}
