function fieldOf(event, name) {
  const lines = event.split("\n").filter((line) => line.startsWith(`${name}:`));
  return lines.map((line) => line.slice(name.length + 1).trim()).join("\n");
}

// GraphQL over server-sent events, one connection an operation: `next` bears an answer.
export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (text + value).replaceAll("\r\n", "\n").split("\n\n");
      text = events.pop();
      for (const event of events) {
        if (fieldOf(event, "event") === "next") yield JSON.parse(fieldOf(event, "data"));
        if (fieldOf(event, "event") === "complete") return;
      }
    }
  } finally {
    // "Stop" ends the subscription on the server too.
    await reader.cancel();
  }
}
