# What a gate answers while a store is out: status, verdict, reason, the word of
# $healthcode_degraded and the header.  For suites of healthcode_on_outage, whose
# gates show the first in X-Verdict and X-Word.

package Healthcode::Degraded;

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(sleep time);

use Healthcode::Http qw(get);

our @EXPORT_OK = qw(answer_to answer_until);


# answer_to(NGINX, URI, CODE): "200 allow ok <> -".
sub answer_to {
    my ($nginx, $uri, $code) = @_;
    my $answer = get($nginx->sock, $uri, [ "Authorization: Bearer $code" ]);
    my $header = $answer->{header};
    return join ' ', $answer->{status}, map { $header->{$_} // '-' }
        qw(x-verdict x-word healthcode-degraded);
}


# answer_until(NGINX, SECONDS, WANT, URI, CODE): the first that is like WANT, or
# the last in so many seconds.
sub answer_until {
    my ($nginx, $seconds, $want, @ask) = @_;
    my ($got, $end) = ('', time + $seconds);
    do {
        $got = answer_to($nginx, @ask);
        sleep 0.03 if $got !~ $want;
    } while ($got !~ $want && time < $end);
    return $got;
}

1;
