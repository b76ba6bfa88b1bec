/**
 * What the first lab says to a student, in Korean and in English.
 */
import type { Text } from "#classroom/text";

export const introduction: Text = {
  ko: `# 왜 쿠버네티스인가?

서버 한 대에서 프로그램 하나를 돌리는 일은 어렵지 않습니다. 어려운 것은 그다음입니다. 새벽 3시에 프로세스가 죽으면 누가
다시 띄울까요? 손님이 갑자기 두 배가 되면요? 새 버전을 내보내다 문제가 생기면 어떻게 되돌릴까요?

쿠버네티스의 대답은 *명령* 대신 *선언*입니다. "이 프로그램을 지금 켜라"가 아니라 **"이 프로그램이 늘 세 개 돌고 있어야
한다"** 고 적어 두면, 컨트롤러들이 현재 상태를 그 선언과 끊임없이 비교하고, 다르면 맞춰 놓습니다. 사람이 자고 있어도요.

이 실습의 주인공은 네 가지입니다.

- **파드(Pod)** 는 함께 돌아가는 컨테이너 묶음입니다. 하나하나는 언제든 사라질 수 있는 소모품입니다.
- **레플리카셋(ReplicaSet)** 은 파드가 정해진 수만큼 있도록 지킵니다. 모자라면 만들고, 남으면 지웁니다.
- **디플로이먼트(Deployment)** 는 버전을 책임집니다. 버전마다 레플리카셋을 하나씩 두고, 옛것에서 새것으로 조금씩
  옮겨 갑니다. 여러분이 손대는 것은 대개 이것입니다.
- **레이블(label)** \`app: hello\` 는 이름표입니다. 레플리카셋은 이름이 아니라 이 이름표로 자기 파드를 찾습니다.

노드 세 대짜리 클러스터가 준비되어 있습니다. 선언하고, 부수고, 늘리고, 바꾸고, 되돌려 봅시다. 망가져도 괜찮습니다.
그러라고 있는 클러스터입니다.
`,
  en: `# Why Kubernetes at all?

Running one program on one server is easy. The hard part comes afterwards. Who starts it again when it dies at three in
the morning? What if twice as many people come? And when the new version turns out to be broken, how do you get back?

Kubernetes answers with *declarations* instead of *commands*. You do not say "start this program"; you write down
**"there shall always be three of these"**. Controllers keep comparing what is with what you wrote, and where the two
differ they make them equal, also while you sleep.

Four things play a part here.

- A **Pod** is a group of containers that run together. Any single one may vanish at any time; it is expendable.
- A **ReplicaSet** keeps the number of pods right: too few and it makes some, too many and it deletes some.
- A **Deployment** is responsible for versions. It keeps one ReplicaSet for each and moves from the old one to the new
  one step by step. It is usually the only one of the three you touch.
- The **label** \`app: hello\` is a name tag. A ReplicaSet finds its pods by it, not by their names.

A cluster of three nodes is waiting for you. Declare something, break it, scale it, change it, take the change back.
You cannot do any harm: that is what this cluster is for.
`,
};

export const create: Text = {
  ko: `\`hello-world\` 라는 디플로이먼트를 만드세요. 레이블은 \`app: hello\`, 이미지는
\`gcr.io/google-samples/hello-app:1.0\`, 파드는 세 개입니다. 아래를 \`hello.yaml\` 로 저장하고
\`kubectl apply -f hello.yaml\` 하면 됩니다.

\`\`\`yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello-world
  labels:
    app: hello
spec:
  replicas: 3
  selector:
    matchLabels:
      app: hello
  template:
    metadata:
      labels:
        app: hello
    spec:
      containers:
        - name: hello
          image: gcr.io/google-samples/hello-app:1.0
          ports:
            - containerPort: 8080
\`\`\`

\`kubectl create deployment\` 로 만들어도 됩니다. 그때 레이블은 \`app: hello-world\` 가 됩니다.

\`kubectl get deploy,rs,pods --show-labels\` 로 살펴보세요. 여러분은 하나를 만들었는데 다섯이 생겼습니다. 디플로이먼트가
레플리카셋을, 레플리카셋이 파드 셋을 만들었습니다. 파드 이름 가운데의 글자들은 어디에서 왔을까요?
`,
  en: `Make a Deployment called \`hello-world\`: label \`app: hello\`, image
\`gcr.io/google-samples/hello-app:1.0\`, three pods. Save this as \`hello.yaml\` and say
\`kubectl apply -f hello.yaml\`.

\`\`\`yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello-world
  labels:
    app: hello
spec:
  replicas: 3
  selector:
    matchLabels:
      app: hello
  template:
    metadata:
      labels:
        app: hello
    spec:
      containers:
        - name: hello
          image: gcr.io/google-samples/hello-app:1.0
          ports:
            - containerPort: 8080
\`\`\`

\`kubectl create deployment\` will do as well; the label is \`app: hello-world\` then.

Look at it with \`kubectl get deploy,rs,pods --show-labels\`. You made one thing and there are five: the Deployment made
a ReplicaSet, and the ReplicaSet made three pods. Where does the middle part of the pods' names come from?
`,
};

export const heal: Text = {
  ko: `서버가 죽은 셈 치고 파드 하나를 지워 보세요. 창을 하나 더 열어 \`kubectl get pods -w\` 를 켜 두면 더 잘 보입니다.

\`\`\`
kubectl get pods -l app=hello
kubectl delete pod <파드 이름>
\`\`\`

아무도 시키지 않았는데 새 파드가 나타납니다. 이름이 다르지요? 되살아난 것이 아니라 *새로 만들어진* 것입니다. 선언은
"이 파드가 살아 있어야 한다"가 아니라 "세 개가 있어야 한다"였으니까요. \`kubectl describe rs\` 의 Events에 그 흔적이
남아 있습니다.
`,
  en: `Pretend a server died: delete one of the pods. It is nicer to watch with \`kubectl get pods -w\` in a
second window.

\`\`\`
kubectl get pods -l app=hello
kubectl delete pod <name of the pod>
\`\`\`

Nobody asked for it, and yet a new pod appears. Its name is another one: it was not brought back to life, it was *made
anew*. What you declared was never "this pod shall live" but "there shall be three". The Events in
\`kubectl describe rs\` tell the story.
`,
};

export const scale: Text = {
  ko: `손님이 늘었습니다. 파드를 다섯 개로 늘리세요.

\`\`\`
kubectl scale deployment hello-world --replicas=5
\`\`\`

\`hello.yaml\` 의 \`replicas\` 를 고쳐 다시 \`apply\` 해도 됩니다. 바뀐 것은 선언의 숫자 하나뿐이고, 어느 노드에 둘지는
스케줄러가 정했습니다. \`kubectl get pods -o wide\` 로 어디로 갔는지 확인해 보세요.
`,
  en: `More people are coming. Make it five pods.

\`\`\`
kubectl scale deployment hello-world --replicas=5
\`\`\`

Changing \`replicas\` in \`hello.yaml\` and applying it again does the same. All that changed is one number in what you
declared; the scheduler chose the nodes. \`kubectl get pods -o wide\` shows where they went.
`,
};

export const back: Text = {
  ko: `새 버전 2.0을 내보냅니다. 컨테이너 이름은 \`kubectl get deploy -o wide\` 의 CONTAINERS 칸에 있습니다.

\`\`\`
kubectl set image deployment/hello-world hello=gcr.io/google-samples/hello-app:2.0
kubectl rollout status deployment/hello-world
kubectl get rs
\`\`\`

레플리카셋이 둘이 되었습니다. 새것은 하나씩 늘고 옛것은 하나씩 줄어서, 그동안에도 응답할 파드가 늘 남아 있었습니다.

그런데 2.0에 문제가 있다는 연락이 왔습니다. 되돌리세요.

\`\`\`
kubectl rollout undo deployment/hello-world
kubectl rollout history deployment/hello-world
\`\`\`

옛 레플리카셋이 파드 0개로 남아 있던 이유가 이것입니다. 되돌린다는 것은 그 레플리카셋을 다시 키우는 것이고, 그래서
이력에는 1번이 사라지고 3번이 생깁니다.
`,
  en: `Version 2.0 goes out. The container's name stands under CONTAINERS in \`kubectl get deploy -o wide\`.

\`\`\`
kubectl set image deployment/hello-world hello=gcr.io/google-samples/hello-app:2.0
kubectl rollout status deployment/hello-world
kubectl get rs
\`\`\`

Now there are two ReplicaSets. The new one grew and the old one shrank a pod at a time, so that there was always
somebody left to answer.

Then you hear that 2.0 is broken. Take it back.

\`\`\`
kubectl rollout undo deployment/hello-world
kubectl rollout history deployment/hello-world
\`\`\`

This is why the old ReplicaSet stayed around with no pods: going back means growing it again. That is why revision 1 has
disappeared from the history and there is a revision 3.
`,
};
