"""The story of a day as a program in Python tells it; prints a JSON object of what it saw. Argument: a kubeconfig."""

import json
import sys

from kubernetes import client, config, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import stream

config.load_kube_config(sys.argv[1])
core, apps = client.CoreV1Api(), client.AppsV1Api()
seen = {"version": client.VersionApi().get_code().git_version}

labels = {"app": "web"}
container = client.V1Container(name="web", image="nginx:1.27", ports=[client.V1ContainerPort(container_port=80)])
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
)
spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)
apps.create_namespaced_deployment("default", client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec))

ready = set()
watcher = watch.Watch()
for event in watcher.stream(core.list_namespaced_pod, "default", label_selector="app=web", timeout_seconds=60):
    if any(c.type == "Ready" and c.status == "True" for c in event["object"].status.conditions or []):
        ready.add(event["object"].metadata.name)
    if len(ready) == 2:
        watcher.stop()
seen["ready"] = len(ready)

name = sorted(ready)[0]
seen["log"] = "start worker process" in core.read_namespaced_pod_log(name, "default")
seen["exec"] = stream(
    core.connect_get_namespaced_pod_exec,
    name,
    "default",
    command=["sh", "-c", "echo out; echo err >&2"],
    stderr=True,
    stdin=False,
    stdout=True,
    tty=False,
)
shell = stream(
    core.connect_get_namespaced_pod_exec,
    name,
    "default",
    command=["sh"],
    stderr=True,
    stdin=True,
    stdout=True,
    tty=False,
    _preload_content=False,
)
shell.write_stdin("echo typed; exit 3\n")
seen["typed"] = shell.readline_stdout(timeout=10)
shell.run_forever(timeout=10)
seen["code"] = shell.returncode

apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})
seen["scaled"] = apps.read_namespaced_deployment("web", "default").spec.replicas
config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"a": "b"}}
utils.create_from_dict(client.ApiClient(), config_map)
seen["made"] = core.read_namespaced_config_map("made", "default").data
try:
    core.read_namespaced_pod("nobody", "default")
except ApiException as error:
    seen["missing"] = [error.status, json.loads(error.body)["reason"]]
try:
    core.create_namespaced_pod("default", {"metadata": {"name": "Bad"}, "spec": {"containers": []}})
except ApiException as error:
    seen["refused"] = error.status
custom = client.CustomObjectsApi().list_namespaced_custom_object("apps", "v1", "default", "deployments")
seen["generic"] = [item["metadata"]["name"] for item in custom["items"]]
print(json.dumps(seen))
