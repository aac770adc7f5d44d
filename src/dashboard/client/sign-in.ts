import { ApiError, ask } from "./api.ts";
import { setToken, signedOut, takeCode, token } from "./session.ts";

/** What a header can carry: fetch refuses any other text as if nobody answered. */
const KEY = /^[\x21-\x7e]+$/;

/** Signs in with the code of the address, if it has one. Without a valid one, a token that this tab has stays. */
export async function signInByCode(): Promise<void> {
  const code = takeCode();
  if (code === null) return;
  await signIn(async () => {
    const made = await ask<{ token: string }>("/v1/page", { method: "POST", body: { code }, as: null });
    return made.token;
  });
}

/** Signs in with a key that somebody has, if the server lets it read. */
export const signInByKey = (key: string): Promise<void> =>
  signIn(async () => {
    if (!KEY.test(key)) throw new ApiError("unauthorized", "this is no key", "copy the whole key, and nothing else");
    await ask("/api/v1/about", { as: key });
    return key;
  });

async function signIn(tokenOf: () => Promise<string>): Promise<void> {
  signedOut.value = null;
  try {
    setToken(await tokenOf());
  } catch (error) {
    if (token.value === null)
      signedOut.value = error instanceof ApiError ? error : new ApiError("internal", "this did not work");
  }
}

/** Signs in with the code of the address now, and whenever another one is put into the address of this tab. */
export async function watchCodes(): Promise<void> {
  addEventListener("hashchange", () => void signInByCode());
  await signInByCode();
}
