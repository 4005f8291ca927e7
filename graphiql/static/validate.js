import { change, keepLink, onSubmit, tell } from "./letter.js";

const KEPT = "segl:validation-link";

const VALIDATE = `mutation Validate($input: ValidateCertificateEmailInput!) {
  validateCertificateEmail(input: $input) {
    profile { isEmailValidated }
    certificate { isEmailValidated }
    errors { code message path }
  }
}`;

const form = document.getElementById("validate");

async function validate() {
  return change(VALIDATE, "validateCertificateEmail", { link: sessionStorage.getItem(KEPT) });
}

function show({ profile, certificate, errors }) {
  if (errors.length > 0 || !(profile || certificate)) {
    const messages = errors.map(({ message }) => message);
    tell("bad", messages.length ? messages : ["The address was not confirmed. Try again."]);
    return;
  }
  sessionStorage.removeItem(KEPT);
  form.hidden = true;
  tell("good", ["Thank you. The address is confirmed."]);
}

onSubmit(form, async () => show(await validate()));
keepLink(KEPT, form);
