#include "daemon/runtime/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static const char loopback[] = "127.0.0.1";

/* IPv4 first: it is what most manifests expect. */
static bool address_of(const struct ifaddrs *list, int family, char *out, size_t size)
{
    for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != family || (i->ifa_flags & IFF_LOOPBACK) != 0
            || (i->ifa_flags & IFF_UP) == 0)
            continue;
        if (getnameinfo(i->ifa_addr, family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
                        out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) == 0
            && strchr(out, '%') == NULL)        /* a link-local one is of no use elsewhere */
            return true;
    }
    return false;
}

static void look_for_address(struct host *h)
{
    struct ifaddrs *list = NULL;

    if (getifaddrs(&list) == -1
        || (!address_of(list, AF_INET, h->address, sizeof h->address)
            && !address_of(list, AF_INET6, h->address, sizeof h->address)))
        snprintf(h->address, sizeof h->address, "%s", loopback);
    if (list != NULL)
        freeifaddrs(list);
}

static void look_for_name(struct host *h)
{
    if (gethostname(h->node_name, sizeof h->node_name - 1) == -1 || h->node_name[0] == '\0')
        snprintf(h->node_name, sizeof h->node_name, "localhost");
    for (char *p = h->node_name; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
}

void host_look(struct host *h)
{
    struct sysinfo info;
    struct statvfs root;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    *h = (struct host){0};
    look_for_name(h);
    look_for_address(h);
    h->facts = (struct host_facts){
        .node_name = h->node_name, .host_ip = h->address, .pod_ip = loopback,
        .cpu = (cpus > 0 ? cpus : 1) * QUANTITY_ONE};
    if (sysinfo(&info) == 0)
        h->facts.memory = (quantity)info.totalram * info.mem_unit * QUANTITY_ONE;
    if (statvfs("/", &root) == 0)
        h->facts.ephemeral_storage = (quantity)root.f_blocks * root.f_frsize * QUANTITY_ONE;
}
