/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notifications to systemd, or whoever speaks like it; notify.h says what they are.
 *
 * Each is sent to the address anew: the manager may have been executed again since, with a new socket of the same name.
 */
#include "notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct KjNotify {
    int socket; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t length;
    gint64 interval;
};

static gboolean read_address(KjNotify *notify, const char *text) {
    gsize length = text ? strlen(text) : 0;
    if (length < 2 || (text[0] != '/' && text[0] != '@') || length >= sizeof notify->address.sun_path)
        return FALSE;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, text, length);
    notify->length = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length + 1);
    if (text[0] == '@') { /* abstract: a zero in front, and exactly so long */
        notify->address.sun_path[0] = 0;
        notify->length--;
    }
    return TRUE;
}

static gint64 read_interval(void) {
    const char *text = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
    guint64 microseconds = 0, whose = (guint64)getpid();
    if (pid && !g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT32, &whose, NULL))
        return 0;
    if (!text || whose != (guint64)getpid() || !g_ascii_string_to_unsigned(text, 10, 2, G_MAXINT64, &microseconds, NULL))
        return 0;
    return (gint64)(microseconds / 2);
}

KjNotify *kj_notify_new(void) {
    KjNotify *notify = g_new0(KjNotify, 1);
    notify->socket = -1;
    if (read_address(notify, g_getenv("NOTIFY_SOCKET")))
        notify->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->socket >= 0)
        notify->interval = read_interval();
    return notify;
}

void kj_notify_free(KjNotify *notify) {
    if (notify->socket >= 0)
        close(notify->socket);
    g_free(notify);
}

void kj_notify_say(const KjNotify *notify, const char *format, ...) {
    va_list arguments;
    if (notify->socket < 0)
        return;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (sendto(notify->socket, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&notify->address, notify->length) < 0)
        return; /* there is nobody to tell it to */
}

void kj_notify_reloading(const KjNotify *notify) {
    kj_notify_say(notify, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time()); /* CLOCK_MONOTONIC, as it must be */
}

gint64 kj_notify_interval(const KjNotify *notify) {
    return notify->interval;
}
