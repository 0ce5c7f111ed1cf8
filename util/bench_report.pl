#!/usr/bin/perl
# Writes what the last run of util/bench.pl has found of these parts into
# docs/benchmarks.md and docs/benchmarks-tables.md, between the lines <!-- PART -->
# and <!-- /PART -->, and docs/benchmarks.svg; the other parts stay as they are.
#
#     make bench B=gate WRITE=1        util/bench_report.pl gate

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;

use lib map { dirname(File::Spec->rel2abs(__FILE__)) . "/../$_" } qw(t/lib bench/lib);
use Healthcode::Bench::Document;
use Healthcode::Bench::Picture;
use Healthcode::Bench::Result;
use Healthcode::Bench::Stand;

my $docs = Healthcode::Bench::Stand->root . '/docs';


sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$name.new" or die "$name.new: $!\n";
    print {$out} $text;
    close $out or die "$name.new: $!\n";
    rename "$name.new", $name or die "$name: $!\n";
}


my %text = map { $_ => Healthcode::Bench::Stand::slurp("$docs/$_.md") }
    qw(benchmarks benchmarks-tables);


# Puts $new between the marks of $part in that document.
sub replace {
    my ($name, $part, $new) = @_;
    $text{$name} =~ s{^(<!-- $part -->\n).*?^(<!-- /$part -->)$}{$1\n$new$2}ms
        or die "bench: docs/$name.md has no <!-- /$part -->\n";
}


my @written;

for my $part (@ARGV) {
    my $result = Healthcode::Bench::Result::read($part)
        or die "bench: $part was not run yet; try: make bench WRITE=1\n";
    my $findings = Healthcode::Bench::Document::findings($part, $result);
    replace('benchmarks', $part, $findings) if $findings;
    replace('benchmarks-tables', $part,
            Healthcode::Bench::Document::of($part, $result));
    write_file("$docs/benchmarks.svg", Healthcode::Bench::Picture::of($result))
        if $part eq 'gate';
    push @written, $part;
}

@written or die "usage: util/bench_report.pl PART...\n";
write_file("$docs/$_.md", $text{$_}) for sort keys %text;
print "bench: wrote docs/benchmarks.md and docs/benchmarks-tables.md: @written\n";
