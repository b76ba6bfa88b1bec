# The story of a day as a program in Ruby tells it; prints a JSON object of what it saw. Argument: a kubeconfig.
require "json"
require "kubeclient"

config = Kubeclient::Config.read(ARGV[0])
context = config.context
options = { ssl_options: context.ssl_options, auth_options: context.auth_options }
core = Kubeclient::Client.new("#{context.api_endpoint}/api", "v1", **options)
apps = Kubeclient::Client.new("#{context.api_endpoint}/apis/apps", "v1", **options)
seen = { nodes: core.get_nodes.size }

container = { name: "web", image: "nginx:1.27" }
template = { metadata: { labels: { app: "web" } }, spec: { containers: [container] } }
apps.create_deployment(
  Kubeclient::Resource.new(
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template: template }
  )
)
ready = {}
pods = core.watch_pods(namespace: "default", label_selector: "app=web")
pods.each do |notice|
  conditions = notice.object.status.conditions || []
  ready[notice.object.metadata.name] = true if conditions.any? { |c| c.type == "Ready" && c.status == "True" }
  pods.finish if ready.size == 2
end
seen[:ready] = ready.size
seen[:log] = core.get_pod_log(ready.keys.min, "default").to_s.include?("start worker process")
apps.patch_deployment("web", { spec: { replicas: 3 } }, "default")
seen[:scaled] = apps.get_deployment("web", "default").spec.replicas
begin
  core.get_pod("nobody", "default")
rescue Kubeclient::ResourceNotFoundError => e
  seen[:missing] = e.message
end
apps.delete_deployment("web", "default")
puts seen.to_json
