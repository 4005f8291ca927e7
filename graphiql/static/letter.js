// What the pages have in common that the links of letters lead to: a secret, a form, an outcome.

const outcome = document.getElementById("outcome");

// The secret of the link stands in the fragment, which never reaches a server's log; it is
// kept for this browser tab while the person signs in, and leaves the address at once.
export function keepLink(name, form) {
  function keep() {
    if (location.hash.length > 1) {
      sessionStorage.setItem(name, location.hash.slice(1));
      history.replaceState(null, "", location.pathname + location.search);
    }
    const isKept = sessionStorage.getItem(name) !== null;
    document.getElementById("no-link").hidden = isKept;
    if (form) form.hidden = !isKept;
  }
  addEventListener("hashchange", keep);
  keep();
}

export function tell(kind, sentences) {
  outcome.className = `told ${kind}`;
  outcome.replaceChildren(
    ...sentences.map((sentence) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = sentence;
      return paragraph;
    }),
  );
}

export async function change(query, operation, input) {
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      "GraphQL-Preflight": "1",
    },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const answer = await response.json();
  const payload = answer.data?.[operation];
  return { ...payload, errors: [...(answer.errors ?? []), ...(payload?.errors ?? [])] };
}

export function onSubmit(form, act) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await act();
    } catch {
      tell("bad", ["The server cannot be reached. Try again."]);
    } finally {
      button.disabled = false;
    }
  });
}
