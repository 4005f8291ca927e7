// The secret of the link stands in the fragment, which never reaches a server's log; it is
// kept for this browser tab while the person signs in, and leaves the address at once.
const KEPT = "segl:activation-link";

const ACTIVATE = `mutation Activate($input: ActivateUserInput!) {
  activateUser(input: $input) {
    user { id status name }
    errors { code message path }
  }
}`;

const form = document.getElementById("activate");
const outcome = document.getElementById("outcome");
const field = document.getElementById("temporary-code");
const kind = document.getElementById("authenticator-kind");
const consent = document.getElementById("consent");

function keepLink() {
  if (location.hash.length > 1) {
    sessionStorage.setItem(KEPT, location.hash.slice(1));
    history.replaceState(null, "", location.pathname + location.search);
  }
  const isKept = sessionStorage.getItem(KEPT) !== null;
  document.getElementById("no-link").hidden = isKept;
  if (form) form.hidden = !isKept;
}

function tell(kind, sentences) {
  outcome.className = `told ${kind}`;
  outcome.replaceChildren(
    ...sentences.map((sentence) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = sentence;
      return paragraph;
    }),
  );
}

async function activate() {
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      "GraphQL-Preflight": "1",
    },
    body: JSON.stringify({
      query: ACTIVATE,
      variables: {
        input: {
          link: sessionStorage.getItem(KEPT),
          temporaryCode: field.value.trim() || null,
          authenticatorKind: kind.value,
          hasConsentToPrivateMitId: consent.checked,
        },
      },
    }),
  });
  const answer = await response.json();
  const payload = answer.data?.activateUser;
  const errors = [...(answer.errors ?? []), ...(payload?.errors ?? [])];
  return { user: payload?.user, errors };
}

function show({ user, errors }) {
  const isCode = errors.some((error) => error.path?.includes("temporaryCode"));
  field.setAttribute("aria-invalid", String(isCode));
  if (errors.length > 0 || !user) {
    // A message names a field as the API does; on this page it bears a label.
    const messages = errors.map(({ message }) => message.replace("temporaryCode", "Temporary code"));
    tell("bad", messages.length ? messages : ["You were not activated. Try again."]);
    if (isCode) field.focus();
    return;
  }
  sessionStorage.removeItem(KEPT);
  form.hidden = true;
  tell("good", [`Welcome, ${user.name}. You are now an active user.`]);
  document.getElementById("afterwards").hidden = false;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    show(await activate());
  } catch {
    tell("bad", ["The server cannot be reached. Try again."]);
  } finally {
    button.disabled = false;
  }
});

addEventListener("hashchange", keepLink);
keepLink();
