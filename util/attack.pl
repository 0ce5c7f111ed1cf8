#!/usr/bin/perl
# make attack: mutated requests over HTTP/1 and HTTP/2 against a real gate, then
# a hostile Redis.  Prints its seed; with the same one it does the same again.
#
#     util/attack.pl [requests] [store] [keys]      the first two by default
#
# Environment: SEED, REQUESTS (100000), FROM (the first connection),
# STORE_SECONDS (60), KEYS_SECONDS (30).  CONTRIBUTING.md, "Sanitizers and the attack".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/../t/attack/lib";
use Time::HiRes qw(time);

use Healthcode::Attack::Clients;
use Healthcode::Attack::Gate;
use Healthcode::Attack::Keys;
use Healthcode::Attack::Store;

my $seed = $ENV{SEED} || 1 + int(time) % 1_000_000;
my ($passed, $failed) = (0, 0);


# What was done, and what was wrong with it.
sub conclude {
    my ($what, $seconds, @wrong) = @_;
    printf "attack: %s, in %d s: %s\n", $what, $seconds, @wrong ? 'FAILED' : 'ok';
    print "$_\n" for @wrong;
    @wrong ? $failed++ : $passed++;
}


sub requests {
    my $begun = time;
    my $gate = Healthcode::Attack::Gate->new;
    my @mistaken = $ENV{HOLE} ? () : $gate->mistaken;
    return conclude('bad codes, one by one', time - $begun, @mistaken)
        if @mistaken;

    my $run = Healthcode::Attack::Clients::run($gate, seed => $seed,
        requests => $ENV{REQUESTS} || 100_000, from => $ENV{FROM} || 0,
        say => sub { print "    @_" });
    my @wrong = @{ $run->{wrong} };
    push @wrong, $gate->end if !@wrong;
    push @wrong, Healthcode::Attack::Clients::reports() if !@wrong;
    my %seen = (%{ $run->{seen} }, %{ $gate->unread });
    conclude("$run->{sent} requests on $run->{number} connections ("
        . join(', ', map { "$_: $seen{$_}" } sort keys %seen)
        . ')', time - $begun, @wrong);
}


sub store {
    my $begun = time;
    my $run = Healthcode::Attack::Store::run(seed => $seed,
        seconds => $ENV{STORE_SECONDS} || 60);
    conclude("$run->{count} answers of a hostile Redis", time - $begun,
             @{ $run->{wrong} });
    printf "    %-20s done %5d, passed %5d, refused %5d\n", $_,
        @{ $run->{kinds}{$_} } for sort keys %{ $run->{kinds} };
}


sub keys_that_change {
    my $begun = time;
    my $run = Healthcode::Attack::Keys::run(seed => $seed,
        seconds => $ENV{KEYS_SECONDS} || 30);
    conclude("keys that change: $run->{starts} starts, $run->{reloads} reloads, "
        . join(', ', map { "$_: $run->{answers}{$_}" }
                     sort keys %{ $run->{answers} }),
        time - $begun, @{ $run->{wrong} });
}


my %part = (requests => \&requests, store => \&store,
            keys => \&keys_that_change);

$| = 1;
print "attack: SEED=$seed\n";
for my $name (@ARGV ? @ARGV : qw(requests store)) {
    ($part{$name} || die "attack: no such part: $name\n")->();
}
print "attack: $passed passed, $failed failed\n";
exit($failed || !$passed ? 1 : 0);
