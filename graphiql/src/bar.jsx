import mark from "../static/segl.svg";

function inWords(role) {
  const words = role.toLowerCase().replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

function Who({ whoami }) {
  const place = whoami.organisation || (whoami.kind === "person" ? "private MitID" : "");
  return (
    <p className="bar-who" aria-label="Signed in">
      <strong>{whoami.name}</strong> <span>{place}</span>{" "}
      <span className="bar-roles">{(whoami.roles ?? []).map(inWords).join(", ")}</span>
    </p>
  );
}

export function Bar({ whoami, isSignedOut }) {
  return (
    <header className="bar">
      <a className="bar-mark" href="/"><img src={mark} alt="" width="28" height="28" />Segl</a>
      <Who whoami={whoami} />
      {whoami.signIn && (
        <>
          <nav aria-label="Pages">
            <a href={whoami.signIn}>Sign in as somebody else</a>
            <a href="/mailbox">Letters</a>
          </nav>
          <form method="post" action="/sign-out"><button className="button">Sign out</button></form>
        </>
      )}
      {isSignedOut && (
        <p className="bar-alert" role="alert">
          You are no longer signed in. {whoami.signIn && <a href={whoami.signIn}>Sign in again</a>}
        </p>
      )}
    </header>
  );
}
