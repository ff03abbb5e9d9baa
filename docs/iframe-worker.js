// No browser starts a worker for a page opened from disk, so there the search runs in a hidden frame.
// The documentation tool would otherwise fetch the like of this from a content network.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = "<!doctype html><title>search</title>";
      this.ready = new Promise((resolve, reject) => {
        this.frame.onload = () => {
          const inside = this.frame.contentWindow;
          // As between threads: a copy, and after whatever the page is doing now.
          inside.postMessage = (data) => setTimeout(() => this.onmessage?.({ data: structuredClone(data) }));
          const script = inside.document.createElement("script");
          script.src = url;
          script.onload = () => resolve(inside);
          script.onerror = reject;
          inside.document.head.append(script);
        };
      });
      this.ready.catch((event) => this.onerror?.(event));
      document.body.append(this.frame);
    }

    async postMessage(data) {
      const copy = structuredClone(data);
      const inside = await this.ready;
      inside.dispatchEvent(new inside.MessageEvent("message", { data: copy }));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
