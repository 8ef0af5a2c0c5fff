using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .vault)],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "main")]
);

const vault :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2024-01-01",
  bindings = [
    (name = "AIVAULT_KEY", fromEnvironment = "AIVAULT_KEY"),
    (name = "WEBHOOK_KEY", fromEnvironment = "WEBHOOK_KEY")
  ],
);
