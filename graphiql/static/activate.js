import { change, keepLink, onSubmit, tell } from "./letter.js";

const KEPT = "segl:activation-link";

const ACTIVATE = `mutation Activate($input: ActivateUserInput!) {
  activateUser(input: $input) {
    user { id status name }
    errors { code message path }
  }
}`;

const form = document.getElementById("activate");
const field = document.getElementById("temporary-code");
const kind = document.getElementById("authenticator-kind");
const consent = document.getElementById("consent");

async function activate() {
  return change(ACTIVATE, "activateUser", {
    link: sessionStorage.getItem(KEPT),
    temporaryCode: field.value.trim() || null,
    authenticatorKind: kind.value,
    hasConsentToPrivateMitId: consent.checked,
  });
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

onSubmit(form, async () => show(await activate()));
keepLink(KEPT, form);
