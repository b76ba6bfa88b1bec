/**
 * The table of images.
 */
import { agnhostImage, agnhostPrograms, livenessImage } from "#kernel/runtime/images/agnhost";
import { bookinfoImages, bookinfoPrograms } from "#kernel/runtime/images/apps/bookinfo";
import { boutiqueImages, boutiquePrograms } from "#kernel/runtime/images/apps/boutique";
import { podinfoImage, podinfoPrograms } from "#kernel/runtime/images/apps/podinfo";
import { votingImages, votingPrograms } from "#kernel/runtime/images/apps/voting";
import { alpine, busybox, debian, ubuntu } from "#kernel/runtime/images/base";
import { bitnamiImages, bitnamiPrograms } from "#kernel/runtime/images/bitnami/bitnami";
import { controlPlaneImages, controlPlanePrograms } from "#kernel/runtime/images/control-plane";
import { echoserver, echoserverImage } from "#kernel/runtime/images/echoserver";
import { ensembleImages, ensemblePrograms } from "#kernel/runtime/images/ensembles";
import { etcdImage, etcdPrograms } from "#kernel/runtime/images/etcd/etcd";
import { frontendImage, frontendPrograms } from "#kernel/runtime/images/gb-frontend";
import { helloApp, helloAppPrograms } from "#kernel/runtime/images/hello-app";
import { hpaExampleImage, hpaExamplePrograms } from "#kernel/runtime/images/hpa-example";
import { httpEcho, httpEchoImage } from "#kernel/runtime/images/http-echo";
import { httpbinImages, httpbinPrograms } from "#kernel/runtime/images/httpbin";
import { httpdImage, httpdPrograms } from "#kernel/runtime/images/httpd";
import type { Image } from "#kernel/runtime/images/image";
import { interpreterImages, interpreterPrograms } from "#kernel/runtime/images/interpreters";
import { kuardImage, kuardPrograms } from "#kernel/runtime/images/kuard";
import { kubectlImages } from "#kernel/runtime/images/kubectl";
import { memcachedImage, memcachedPrograms } from "#kernel/runtime/images/memcached";
import { mirrors } from "#kernel/runtime/images/mirrors";
import { mongoImage, mongoPrograms } from "#kernel/runtime/images/mongo/mongo";
import { mariadbImage, mysqlImage, mysqlPrograms, xtrabackupImage } from "#kernel/runtime/images/mysql/mysql";
import { helloFrontend } from "#kernel/runtime/images/nginx/hello-frontend";
import { nginxImage, nginxPrograms, nginxUnprivileged } from "#kernel/runtime/images/nginx/nginx";
import { pause, pauseProgram } from "#kernel/runtime/images/pause";
import { perlImage, perlPrograms } from "#kernel/runtime/images/perl/perl";
import { postgresImage, postgresPrograms } from "#kernel/runtime/images/postgres/postgres";
import { rabbitmqImage, rabbitmqPrograms } from "#kernel/runtime/images/rabbitmq";
import { redisFollower, redisImage, redisPrograms, redisSlave } from "#kernel/runtime/images/redis/redis";
import { resourceConsumerImage, resourceConsumerPrograms } from "#kernel/runtime/images/resource-consumer";
import { sampleApiServerImage, sampleApiServerPrograms } from "#kernel/runtime/images/sample-apiserver";
import { addons } from "#kernel/runtime/images/stock/addons";
import { clusterParts } from "#kernel/runtime/images/stock/cluster-parts";
import { collectors } from "#kernel/runtime/images/stock/collectors";
import { exporters } from "#kernel/runtime/images/stock/exporters";
import { lessons } from "#kernel/runtime/images/stock/lessons";
import { monitoring } from "#kernel/runtime/images/stock/monitoring";
import { operators } from "#kernel/runtime/images/stock/operators";
import { phpApps } from "#kernel/runtime/images/stock/php";
import { search } from "#kernel/runtime/images/stock/search";
import { stores } from "#kernel/runtime/images/stock/stores";
import { webapps } from "#kernel/runtime/images/stock/webapps";
import { webservers } from "#kernel/runtime/images/stock/webservers";
import { goStress, stressImages } from "#kernel/runtime/images/stress";
import { toolboxImages, toolboxPrograms } from "#kernel/runtime/images/toolboxes";
import { tutorialImages, tutorialPrograms } from "#kernel/runtime/images/tutorials";
import type { Program } from "#kernel/runtime/process/program";

/** Images whose outside is simulated, and whose work is not. */
const stock = [
  addons,
  clusterParts,
  collectors,
  exporters,
  lessons,
  monitoring,
  operators,
  phpApps,
  search,
  stores,
  webapps,
  webservers,
];

export const images: readonly Image[] = [
  ...stock.flatMap((one) => one.images),
  ...bitnamiImages,
  ...mirrors,
  ...toolboxImages,
  ...kubectlImages,
  ...tutorialImages,
  ...httpbinImages,
  ...interpreterImages,
  kuardImage,
  memcachedImage,
  mongoImage,
  rabbitmqImage,
  ...ensembleImages,
  etcdImage,
  agnhostImage,
  alpine,
  ...bookinfoImages,
  ...boutiqueImages,
  busybox,
  ...controlPlaneImages,
  debian,
  echoserverImage,
  frontendImage,
  helloApp,
  helloFrontend,
  hpaExampleImage,
  httpdImage,
  httpEchoImage,
  livenessImage,
  mariadbImage,
  mysqlImage,
  nginxImage,
  nginxUnprivileged,
  pause,
  perlImage,
  podinfoImage,
  postgresImage,
  redisFollower,
  redisImage,
  redisSlave,
  resourceConsumerImage,
  sampleApiServerImage,
  ...stressImages,
  ubuntu,
  ...votingImages,
  xtrabackupImage,
];

/** Every program that comes with an image; a process finds its own by name. */
export const imagePrograms: readonly Program[] = [
  ...stock.flatMap((one) => one.programs),
  ...bitnamiPrograms,
  ...httpbinPrograms,
  ...interpreterPrograms,
  ...kuardPrograms,
  ...memcachedPrograms,
  ...mongoPrograms,
  ...rabbitmqPrograms,
  ...ensemblePrograms,
  ...etcdPrograms,
  ...toolboxPrograms,
  ...tutorialPrograms,
  ...agnhostPrograms,
  ...(bookinfoPrograms as readonly Program[]),
  ...boutiquePrograms,
  ...controlPlanePrograms,
  ...frontendPrograms,
  goStress as Program,
  ...helloAppPrograms,
  ...hpaExamplePrograms,
  ...httpdPrograms,
  ...mysqlPrograms,
  ...nginxPrograms,
  echoserver as Program,
  httpEcho as Program,
  ...perlPrograms,
  ...podinfoPrograms,
  ...postgresPrograms,
  ...redisPrograms,
  pauseProgram,
  ...resourceConsumerPrograms,
  ...sampleApiServerPrograms,
  ...votingPrograms,
];
