// One question to the server, and the exchange as it is drawn while the answer is made.

export class Trouble extends Error {
  constructor(reason, detail = "", wait = 0) {
    super(detail || reason);
    this.reason = reason; // "lost", "busy" or "refused"
    this.detail = detail;
    this.wait = wait;
  }
}

export async function* ask(body, signal) {
  const response = await sent(body, signal);
  let last = null;
  for await (const [name, data] of events(response.body, signal)) {
    if (name !== "drawn") continue;
    last = JSON.parse(data);
    yield last;
  }
  if (!last || last.state === "running") throw new Trouble("lost");
}

const sent = async (body, signal) => {
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
  let response;
  try {
    response = await fetch("/api/v1/ask", { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Trouble("lost");
  }
  if (response.ok && response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
  if (response.status === 429 || response.status === 503) {
    throw new Trouble("busy", "", Number(response.headers.get("Retry-After")) || 5);
  }
  const problem = await response.json().catch(() => ({}));
  throw response.status >= 400 && response.status < 500 ? new Trouble("refused", String(problem.detail ?? "")) : new Trouble("lost");
};

async function* events(stream, signal) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const found = /^event: (\w+)\ndata: (.*)$/s.exec(block);
        if (found) yield [found[1], found[2]];
      }
    }
  } catch (error) {
    throw signal.aborted || error.name === "AbortError" ? error : new Trouble("lost");
  } finally {
    reader.cancel().catch(() => {});
  }
}
