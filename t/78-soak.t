# A short soak: a sound gate stands it, and one that opens in outages is found.
# CONTRIBUTING.md, "Soak".  `make soak` goes on for longer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Process;

system('make', '-s', '-C', "$FindBin::Bin/live",
       "BUILD=$Healthcode::Fixture::BUILD") == 0
    or BAIL_OUT('the prober cannot be built');


# The exit status and the output of a soak of so many minutes.
sub soak {
    my (%env) = @_;
    local %ENV = (%ENV, SEED => 78, %env);
    my $process = Healthcode::Process->spawn(
        [ $^X, "$FindBin::Bin/../util/soak.pl" ]);
    my $status = $process->wait(240);
    $process->end('KILL') if !defined $status;
    return ($status, $process->output);
}


my ($status, $out) = soak(MINUTES => 0.6);
is($status, 0, 'a sound gate stands it') or diag($out);
like($out, qr/^soak: SEED=78 /m, 'the seed is told');
like($out, qr/^soak: \d+ s, \d+ faults of \d+ kinds, [1-9]\d* changes of flags$/m,
     'flags change meanwhile');
unlike($out, qr/uninitialized|line \d+\.$/m, 'no warning of Perl');

($status, $out) = soak(MINUTES => 0.6, HOLE => 1);
isnt($status, 0, 'a gate that opens in outages is found');
like($out, qr/WRONG: .*: \d+ wrong allows$/m, 'and said to be');
like($out, qr/WRONG: [0-9a-f]{32} \w+ worker \d+ \w+ \d+\.\d+ ms after$/m, 'with who passed');

done_testing();
