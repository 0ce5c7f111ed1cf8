# How a gate has to end: by itself, with nothing alarming in its log.  For suites
# that stop a Healthcode::Nginx and look at what it has written.
# ends_well(NGINX, WHAT)

package Healthcode::Ends;

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

our @EXPORT_OK = qw(ends_well);


# ends_well(NGINX, WHAT): two tests, which WHAT begins the names of.
sub ends_well {
    my ($nginx, $what) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(alert|crit|emerg)\]|exited on signal/ }
        split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing is alarming in its log");
}

1;
