import { useState } from "preact/hooks";
import { signedOut } from "./client/session.ts";
import { signInByKey } from "./client/sign-in.ts";
import { Problem } from "./parts/ReportView.tsx";

/** What is shown without a token: how to get one, and a field for one that somebody has. */
export function SignIn() {
  const [text, setText] = useState("");
  return (
    <main id="main">
      <section class="card w6 sign-in">
        <h1>
          <span class="pet" aria-hidden="true">
            =^-ω-^=
          </span>{" "}
          Nobody is signed in here
        </h1>
        {signedOut.value && <Problem problem={signedOut.value} />}
        <p>
          In a terminal, <code>pawprint open</code> shows this machine's usage, and <code>pawprint open --hub</code>{" "}
          that of all machines. Each opens this page for you.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== "") void signInByKey(text.trim());
          }}
        >
          <label>
            Or paste a token that may read
            <input
              type="password"
              autocomplete="off"
              spellcheck={false}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
          <button type="submit">Show</button>
        </form>
        <p class="soft">
          <code>pawprint token create NAME --scope read</code> makes a token on the machine of the hub.
        </p>
      </section>
    </main>
  );
}
