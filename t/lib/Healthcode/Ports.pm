# Ports of 127.0.0.1 for servers under test: nobody listens on them, and they lie
# below those that clients get, so that a server that ends finds its port again.
# Knows nothing of what listens there.

package Healthcode::Ports;

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET;

our @EXPORT_OK = qw(free_port free_ports);

# net.ipv4.ip_local_port_range begins at 32768, below 10000 are well-known ones
use constant { LOWEST => 10_000, HIGHEST => 32_000 };


# A port that was free a moment ago. Drawn by chance, not from the process id:
# suites of several roots run side by side, each with process ids of its own.
sub free_port {
    for (1 .. 1000) {
        my $port = LOWEST + int rand HIGHEST - LOWEST;
        return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $port, Listen => 1);
    }
    die "no free port on 127.0.0.1\n";
}


# N of them, no two the same.
sub free_ports {
    my ($n) = @_;
    my %port;
    $port{free_port()} = 1 while keys %port < $n;
    return keys %port;
}

1;
